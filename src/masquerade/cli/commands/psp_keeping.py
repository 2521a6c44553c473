"""``masquerade psp revoke|forget|backup|restore|audit``: what the operator keeps, takes away and looks after."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from masquerade.cli.answer_types import AccountChange, EntriesAnswer, FileAnswer, RestoredAnswer
from masquerade.cli.answers import AsJson, answer
from masquerade.cli.commands.psp_service import DATABASE, KEY, Database, KeyFile, open_provider, settings_of
from masquerade.cli.console import note, open_key
from masquerade.files.kinds import Kind
from masquerade.files.outputs import require_new

Account = Annotated[str, typer.Argument(help="The account's name.", show_default=False)]
_LATER = "The database is in use: deleted data leaves its journal within an hour, while the service runs."


def revoke(
    account: Account, database: Database = DATABASE, key: KeyFile = KEY, as_json: AsJson = False
) -> None:
    """Close an account. MaskNets it already received keep working."""
    provider = open_provider(database, key)
    gone = provider.revoke(account)
    provider.close()
    answer(AccountChange(name=account, change="revoked"), as_json)
    if not gone:
        note(_LATER)


def forget(
    account: Account, database: Database = DATABASE, key: KeyFile = KEY, as_json: AsJson = False
) -> None:
    """Delete an account and all its secrets, as its owner can."""
    provider = open_provider(database, key)
    gone = provider.forget(account)
    provider.close()
    answer(AccountChange(name=account, change="forgotten"), as_json)
    if not gone:
        note(_LATER)


def backup(
    out: Annotated[Path, typer.Argument(help="File to write.", show_default=False)],
    database: Database = DATABASE,
    key: KeyFile = KEY,
    as_json: AsJson = False,
) -> None:
    """Back up the database, also while it is served. The copy is useless without the operator's key."""
    require_new(out, Kind.DATABASE)
    provider = open_provider(database, key)
    provider.back_up(out)
    provider.close()
    answer(FileAnswer(path=str(out), bytes=out.stat().st_size), as_json, str(out))
    note(f"Keep it apart from {key}: together they give everybody's MaskNets, also those forgotten later.")


def restore(
    copy: Annotated[Path, typer.Argument(help="Backup file, from `psp backup`.", show_default=False)],
    database: Database = DATABASE,
    key: KeyFile = KEY,
    unsigned: Annotated[
        bool,
        typer.Option(help="Accept a database file that was copied by hand; it may have been changed."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Restore a backup into an empty database. No account gets more MaskNets than its quota by it."""
    settings, opened = settings_of(database, key), open_key(key)
    from masquerade.service.backups.backup import restore

    restored = restore(settings, opened, copy, unsigned=unsigned)
    made = datetime.fromtimestamp(restored.made, UTC)
    answer(RestoredAnswer(made=made.isoformat(), closed=_closed(restored.closed)), as_json)
    note(f"as it was at {made:%Y-%m-%d %H:%M:%S} UTC; open invitations are void, and each account is charged")
    note("with what it may have drawn since. Accounts created after the backup are gone: invite them again.")
    if restored.closed is None:
        note(
            f"There is no {settings.ledger}: revocations and deletions made after the backup must be repeated,"
        )
        note("with `masquerade psp revoke` and `masquerade psp forget`.")
        return
    for account, closing in restored.closed.items():
        note(f"{'forgotten' if closing == 'forget' else 'revoked'} again: {account}")


def _closed(closed: Mapping[str, str] | None) -> dict[str, str] | None:
    return None if closed is None else {account: str(closing) for account, closing in closed.items()}


def verify(database: Database = DATABASE, key: KeyFile = KEY, as_json: AsJson = False) -> None:
    """Find entries that were edited, deleted, inserted or swapped, and accounts that contradict them."""
    provider = open_provider(database, key)
    entries = provider.verify()
    answer(EntriesAnswer(entries=entries), as_json, f"sound: {entries} entries")
    provider.close()


def accept(database: Database = DATABASE, key: KeyFile = KEY, as_json: AsJson = False) -> None:
    """Accept the database as it is, if its record is consistent but differs from the last one known.

    Use it after the file beside the key was lost, or the database has moved to another address. A database that was
    set back to an earlier moment is consistent too, and would give accounts MaskNets again that they drew since:
    restore a backup instead.
    """
    settings, opened = settings_of(database, key), open_key(key)
    from masquerade.service.backups.opening import accepted

    entries = accepted(settings, opened)
    answer(EntriesAnswer(entries=entries), as_json, f"accepted: {entries} entries")
