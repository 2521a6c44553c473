"""``masquerade key``: keys are made, looked at, locked, and kept in backups."""

from pathlib import Path
from typing import Annotated

import typer

from masquerade.cli.console import note, open_key, say
from masquerade.cli.passphrase import new_passphrase, passphrase
from masquerade.files.kinds import Kind
from masquerade.files.outputs import require_new
from masquerade.keys import Key, describe

KeyPath = Annotated[Path, typer.Argument(help="The key file.", show_default=False)]


def new(
    path: KeyPath,
    protect: Annotated[
        bool, typer.Option("--passphrase", help="Ask for a passphrase to lock the file.")
    ] = False,
    overwrite: Annotated[bool, typer.Option(help="Replace a key file that is there.")] = False,
) -> None:
    """Make a new secret key. Whoever has the file can undo the disguise: it stays with the owner."""
    require_new(path, Kind.KEY, overwrite=overwrite)
    phrase = new_passphrase() if protect else None
    key = Key.generate()
    key.save(path, passphrase=phrase, overwrite=overwrite)
    say(f"{key.fingerprint}  {path}")
    note(
        "Keep this file and a copy of it: without it, neither data nor models disguised with it can be used. "
        "`masquerade key backup` makes one, with the records of who is who."
    )


def show(path: KeyPath) -> None:
    """Print a key's fingerprint, date and protection; never the secret."""
    facts = describe(path)
    say(f"fingerprint  {facts.fingerprint}")
    say(f"created      {facts.created}")
    say(f"passphrase   {'yes' if facts.protected else 'no'}")


def change_passphrase(
    path: KeyPath,
    remove: Annotated[bool, typer.Option("--remove", help="Unlock the file for good instead.")] = False,
) -> None:
    """Lock a key file with a passphrase, change it, or remove it; the key stays the same."""
    facts, file = describe(path, to_lock=not remove), path.resolve()
    key = Key.load(file, passphrase() if facts.protected else None, to_lock=not remove)
    phrase = None if remove else new_passphrase(besides=True)
    key.save(file, phrase, overwrite=True, created=facts.created)
    say(f"{key.fingerprint}  {path}")
    note("Copies of the file that were made before open as they did.")


def backup(
    path: KeyPath,
    out: Annotated[Path, typer.Option("--out", "-o", help="Backup file to write.", show_default=False)],
) -> None:
    """Keep a key and its records in one file under a passphrase, for another disk."""
    from masquerade.owner.key_backup import back_up

    require_new(out, Kind.BACKUP)
    key = open_key(path)
    kept = back_up(path, key, new_passphrase(), out)
    say(f"{kept.fingerprint}  {out}")
    note(
        f"The key and {_count(kept.records)} of records, which name people. Keep it on another disk, and the"
    )
    note("passphrase elsewhere. Back up again after each release: what comes later is not in it.")


def restore(
    backup: Annotated[Path, typer.Argument(help="What `key backup` wrote.", show_default=False)],
    out: Annotated[Path, typer.Option("--out", "-o", help="Key file to write.", show_default=False)],
) -> None:
    """Bring a key and its records back from a backup; nothing is replaced."""
    from masquerade.owner.key_backup import require_backup
    from masquerade.owner.key_backup import restore as bring_back

    require_new(out, Kind.KEY)
    require_backup(backup)
    kept = bring_back(backup, passphrase(), out)
    say(f"{kept.fingerprint}  {out}")
    note(f"The key and {_count(kept.records)} of records beside it.")


def _count(files: int) -> str:
    return "1 file" if files == 1 else f"{files} files"
