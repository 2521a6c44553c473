"""``masquerade psp invite|invitations|withdraw|accounts|note``: whom the operator invites, and who joined."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from masquerade.cli.answer_types import AccountAnswer, AccountChange, CodeAnswer, InvitationAnswer
from masquerade.cli.answers import AsJson, answer, answers
from masquerade.cli.commands.psp_service import DATABASE, KEY, Database, KeyFile, open_provider
from masquerade.cli.console import note, on_terminal, say
from masquerade.errors import UsageError

Find = Annotated[str, typer.Option(help="Show only those whose name or note contains these words.")]


def invite(
    database: Database = DATABASE,
    key: KeyFile = KEY,
    url: Annotated[
        str, typer.Option(help="Your public https:// address: prints a link and a QR code too.")
    ] = "",
    qr: Annotated[
        Path | None, typer.Option(help="Write the QR code to this PNG or SVG file; needs --url.")
    ] = None,
    account: Annotated[
        str, typer.Option(help="Existing account whose owner lost the token or let it expire.")
    ] = "",
    words: Annotated[str, typer.Option("--note", help="Whom it is for; only the operator sees it.")] = "",
    as_json: AsJson = False,
) -> None:
    """Print an invitation code for one person, valid for 14 days; with --account, for a person who returns."""
    from masquerade.service.accounts.invitation_link import (
        invitation_link,
        qr_lines,
        require_picture,
        write_qr,
    )

    if qr is not None:
        require_picture(qr)
    if qr is not None and not url:
        raise UsageError("a QR code needs a link", place="--qr", remedy="Give --url https://HOST too.")
    if url:
        invitation_link(url, "")  # refused before an invitation is made
    provider = open_provider(database, key)
    code = provider.invite(account, words)
    provider.close()
    link = invitation_link(url, code) if url else ""
    answer(CodeAnswer(code=code, link=link), as_json, code, *([link] if link else []))
    if not url:
        note("For a link and a QR code, give your public address: --url https://HOST.")
        return
    if qr is not None:
        write_qr(link, qr)
    elif on_terminal() and not as_json:
        for line in qr_lines(link):
            say(line)


def invitations(
    database: Database = DATABASE, key: KeyFile = KEY, find: Find = "", as_json: AsJson = False
) -> None:
    """List invitations: handle, state, expiry, note. Codes are not stored and cannot be shown."""
    provider = open_provider(database, key)
    rows = provider.invitations(find)
    provider.close()
    answers(
        (
            (
                _invitation(row),
                _noted(f"{row['handle']}  {row['state']:9}  until {_day(row['expires'])}", row["note"]),
            )
            for row in rows
        ),
        as_json,
    )


def withdraw(
    handle: Annotated[
        str, typer.Argument(help="Handle shown by `psp invitations`, or its beginning.", show_default=False)
    ],
    database: Database = DATABASE,
    key: KeyFile = KEY,
    as_json: AsJson = False,
) -> None:
    """Withdraw an unused invitation; its code stops working."""
    provider = open_provider(database, key)
    provider.withdraw(handle)
    provider.close()
    answer(AccountChange(name=handle, change="withdrawn"), as_json)


def accounts(
    database: Database = DATABASE, key: KeyFile = KEY, find: Find = "", as_json: AsJson = False
) -> None:
    """List accounts: name, state, MaskNets issued, date joined, note."""
    provider = open_provider(database, key)
    rows = provider.accounts(find)
    provider.close()
    answers(
        (
            (
                _account(row),
                _noted(
                    f"{row['id']}  {row['state']}  {row['issued']} issued  joined {_day(row['created'])}",
                    row["note"],
                ),
            )
            for row in rows
        ),
        as_json,
    )


def write_note(
    account: Annotated[str, typer.Argument(help="The account's name.", show_default=False)],
    text: Annotated[str, typer.Argument(help="The note; an empty one removes it.")],
    database: Database = DATABASE,
    key: KeyFile = KEY,
    as_json: AsJson = False,
) -> None:
    """Attach a note to an account. Only the operator sees it; it is deleted with the account."""
    provider = open_provider(database, key)
    provider.note(account, text)
    provider.close()
    answer(AccountChange(name=account, change="noted"), as_json)


def _invitation(row: Mapping[str, Any]) -> InvitationAnswer:
    return {
        "handle": row["handle"],
        "state": str(row["state"]),
        "created": _moment(row["created"]),
        "expires": _moment(row["expires"]),
        "account": row["account"],
        "note": row["note"],
    }


def _account(row: Mapping[str, Any]) -> AccountAnswer:
    return {
        "id": row["id"],
        "state": str(row["state"]),
        "created": _moment(row["created"]),
        "issued": row["issued"],
        "replaced": None if row["replaced"] is None else _moment(row["replaced"]),
        "note": row["note"],
    }


def _noted(line: str, words: str) -> str:
    return f"{line}  {words}".rstrip()


def _moment(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()


def _day(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d}"
