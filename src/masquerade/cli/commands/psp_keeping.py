"""``masquerade psp revoke|forget|backup|restore|audit``: what the operator keeps, takes away and looks after."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from masquerade.cli.commands.psp_service import DATABASE, KEY, Database, KeyFile, open_provider, settings_of
from masquerade.cli.console import note, open_key, say
from masquerade.files.kinds import Kind
from masquerade.files.outputs import require_new

Account = Annotated[str, typer.Argument(help="Its name.", show_default=False)]
_LATER = "Somebody reads the database: what was deleted leaves its journal within the hour, while the service runs."


def revoke(account: Account, database: Database = DATABASE, key: KeyFile = KEY) -> None:
    """Close an account; a MaskNet that is out in the world cannot be called back."""
    provider = open_provider(database, key)
    gone = provider.revoke(account)
    provider.close()
    if not gone:
        note(_LATER)


def forget(account: Account, database: Database = DATABASE, key: KeyFile = KEY) -> None:
    """Delete an account and all its secrets, as its person can."""
    provider = open_provider(database, key)
    gone = provider.forget(account)
    provider.close()
    if not gone:
        note(_LATER)


def backup(
    out: Annotated[Path, typer.Argument(help="File to write.", show_default=False)],
    database: Database = DATABASE,
    key: KeyFile = KEY,
) -> None:
    """Copy the database while it is served; the copy is worth nothing without the operator's key."""
    require_new(out, Kind.DATABASE)
    provider = open_provider(database, key)
    provider.back_up(out)
    provider.close()
    say(str(out))
    note(f"Keep it apart from {key}: together they hold everybody's MaskNets, also those forgotten later.")


def restore(
    copy: Annotated[Path, typer.Argument(help="What `psp backup` wrote.", show_default=False)],
    database: Database = DATABASE,
    key: KeyFile = KEY,
    unsigned: Annotated[
        bool,
        typer.Option(
            help="Take a database file that was copied by hand: whoever held it may have changed it."
        ),
    ] = False,
) -> None:
    """Fill an empty database from a backup; nobody gets a MaskNet too many by it."""
    settings, opened = settings_of(database, key), open_key(key)
    from masquerade.service.backups.backup import restore

    restored = restore(settings, opened, copy, unsigned=unsigned)
    made = datetime.fromtimestamp(restored.made, UTC)
    note(f"as it was at {made:%Y-%m-%d %H:%M:%S} UTC; open invitations are void, and each account is charged")
    note("with what it may have drawn since. Who joined later must be invited again.")
    if restored.closed is None:
        note(
            f"There is no {settings.ledger}: who was revoked or asked to be forgotten later must be so again,"
        )
        note("by `masquerade psp revoke` and `masquerade psp forget`.")
        return
    for account, closing in restored.closed.items():
        note(f"{'forgotten' if closing == 'forget' else 'revoked'} again: {account}")


def verify(database: Database = DATABASE, key: KeyFile = KEY) -> None:
    """Find entries that were edited, deleted, inserted or swapped, and accounts that disagree with them."""
    provider = open_provider(database, key)
    say(f"sound: {provider.verify()} entries")
    provider.close()


def accept(database: Database = DATABASE, key: KeyFile = KEY) -> None:
    """Go on with the database as it is, where its record is sound but another was known.

    After the file beside the key was lost, or the database has moved to another address. A database that was put back
    to an earlier moment is sound too: then accounts get MaskNets back that they drew since. Restore a backup instead.
    """
    settings, opened = settings_of(database, key), open_key(key)
    from masquerade.service.backups.opening import accepted

    say(f"accepted: {accepted(settings, opened)} entries")
