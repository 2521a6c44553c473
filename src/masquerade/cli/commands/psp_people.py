"""``masquerade psp invite|invitations|withdraw|accounts|note``: whom the operator invites, and who joined."""

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from masquerade.cli.commands.psp_service import DATABASE, KEY, Database, KeyFile, open_provider
from masquerade.cli.console import note, on_terminal, say
from masquerade.errors import UsageError

Find = Annotated[str, typer.Option(help="Those alone whose note or name holds these words.")]
AsJson = Annotated[bool, typer.Option("--json", help="A line of JSON for each.")]
_Facts = Mapping[str, Any]
_MOMENTS: Final = ("created", "expires", "replaced")


def invite(
    database: Database = DATABASE,
    key: KeyFile = KEY,
    url: Annotated[
        str, typer.Option(help="https:// address at which people reach you: prints a link and a QR code too.")
    ] = "",
    qr: Annotated[
        Path | None, typer.Option(help="PNG or SVG file to write the QR code to; needs --url.")
    ] = None,
    account: Annotated[
        str, typer.Option(help="Account whose person lost the token, or let it lapse, and comes back.")
    ] = "",
    words: Annotated[
        str, typer.Option("--note", help="Whom it is for; you alone see it, and find the account by it.")
    ] = "",
) -> None:
    """A code for one person, good for 14 days; with --account, for one who comes back."""
    from masquerade.service.accounts.invitation_link import (
        invitation_link,
        qr_lines,
        require_picture,
        write_qr,
    )

    if qr is not None:
        require_picture(qr)
    if qr is not None and not url:
        raise UsageError("a QR code is of a link", place="--qr", remedy="Give --url https://HOST too.")
    if url:
        invitation_link(url, "")  # refused before an invitation is made
    provider = open_provider(database, key)
    code = provider.invite(account, words)
    provider.close()
    say(code)
    if not url:
        note("A link and a QR code for it: --url https://HOST, as people reach you.")
        return
    link = invitation_link(url, code)
    say(link)
    if qr is not None:
        write_qr(link, qr)
    elif on_terminal():
        for line in qr_lines(link):
            say(line)


def invitations(
    database: Database = DATABASE, key: KeyFile = KEY, find: Find = "", as_json: AsJson = False
) -> None:
    """Invitations: handle, state, good until when, note; the codes are known to nobody but those who have them."""
    provider = open_provider(database, key)
    rows = provider.invitations(find)
    provider.close()
    _say_each(rows, lambda row: f"{row['handle']}  {row['state']:9}  until {_day(row['expires'])}", as_json)


def withdraw(
    handle: Annotated[
        str, typer.Argument(help="As `psp invitations` shows it, or its beginning.", show_default=False)
    ],
    database: Database = DATABASE,
    key: KeyFile = KEY,
) -> None:
    """Take an invitation back that nobody has used; its code is good no more."""
    provider = open_provider(database, key)
    provider.withdraw(handle)
    provider.close()


def accounts(
    database: Database = DATABASE, key: KeyFile = KEY, find: Find = "", as_json: AsJson = False
) -> None:
    """Accounts: name, state, MaskNets issued, joined when, note."""
    provider = open_provider(database, key)
    rows = provider.accounts(find)
    provider.close()
    _say_each(
        rows,
        lambda row: f"{row['id']}  {row['state']}  {row['issued']} issued  joined {_day(row['created'])}",
        as_json,
    )


def write_note(
    account: Annotated[str, typer.Argument(help="Its name.", show_default=False)],
    text: Annotated[str, typer.Argument(help="Whose it is, say; nothing takes the note away.")],
    database: Database = DATABASE,
    key: KeyFile = KEY,
) -> None:
    """Note something of an account, to know it by; nobody else sees it, and it goes with the account."""
    provider = open_provider(database, key)
    provider.note(account, text)
    provider.close()


def _say_each(rows: Iterable[_Facts], line: Callable[[_Facts], str], as_json: bool) -> None:
    """A line for each: of JSON, or its facts and its note."""
    for row in rows:
        moments = {name: _moment(row[name]) for name in _MOMENTS if name in row}
        say(json.dumps({**row, **moments}) if as_json else f"{line(row)}  {row['note']}".rstrip())


def _moment(seconds: int | None) -> str | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).isoformat()


def _day(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d}"
