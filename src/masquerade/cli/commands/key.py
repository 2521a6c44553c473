"""``masquerade key``: make, inspect, lock and back up keys."""

from pathlib import Path
from typing import Annotated

import typer

from masquerade.cli.answer_types import KeyAnswer, KeySummary
from masquerade.cli.answers import AsJson, answer
from masquerade.cli.console import note, open_key
from masquerade.cli.passphrase import new_passphrase, passphrase
from masquerade.files.kinds import Kind
from masquerade.files.outputs import require_new
from masquerade.keys import Key, describe

KeyPath = Annotated[Path, typer.Argument(help="The key file.", show_default=False)]


def new(
    path: KeyPath,
    protect: Annotated[
        bool, typer.Option("--passphrase", help="Ask for a passphrase and lock the file with it.")
    ] = False,
    overwrite: Annotated[bool, typer.Option(help="Replace an existing key file.")] = False,
    as_json: AsJson = False,
) -> None:
    """Make a secret key. Whoever has the file can undo the disguise: keep it with the owner."""
    require_new(path, Kind.KEY, overwrite=overwrite)
    phrase = new_passphrase() if protect else None
    key = Key.generate()
    key.save(path, passphrase=phrase, overwrite=overwrite)
    _tell(key.fingerprint, path, as_json)
    note(
        "Keep this file and a copy of it: without it, data and models disguised with it are useless. "
        "`masquerade key backup` makes the copy, including the records of who is who."
    )


def show(path: KeyPath, as_json: AsJson = False) -> None:
    """Print a key's fingerprint, date and protection; never the secret."""
    facts = describe(path)
    answer(
        KeySummary(
            fingerprint=facts.fingerprint, created=facts.created.isoformat(), passphrase=facts.protected
        ),
        as_json,
        f"fingerprint  {facts.fingerprint}",
        f"created      {facts.created}",
        f"passphrase   {'yes' if facts.protected else 'no'}",
    )


def change_passphrase(
    path: KeyPath,
    remove: Annotated[bool, typer.Option("--remove", help="Remove the passphrase.")] = False,
    as_json: AsJson = False,
) -> None:
    """Set, change or remove a key file's passphrase; the key stays the same."""
    facts, file = describe(path, to_lock=not remove), path.resolve()
    key = Key.load(file, passphrase() if facts.protected else None, to_lock=not remove)
    phrase = None if remove else new_passphrase(besides=True)
    key.save(file, phrase, overwrite=True, created=facts.created)
    _tell(key.fingerprint, path, as_json)
    note("Earlier copies of the file still open as before.")


def backup(
    path: KeyPath,
    out: Annotated[Path, typer.Option("--out", "-o", help="Backup file to write.", show_default=False)],
    as_json: AsJson = False,
) -> None:
    """Back up a key and its records into one file under a passphrase."""
    from masquerade.owner.key_backup import back_up

    require_new(out, Kind.BACKUP)
    key = open_key(path)
    kept = back_up(path, key, new_passphrase(), out)
    _tell(kept.fingerprint, out, as_json, kept.records)
    note(f"The backup holds the key and {_count(kept.records)} of records, which name people.")
    note("Keep it on another disk and the passphrase elsewhere. Back up again after each release.")


def restore(
    backup: Annotated[Path, typer.Argument(help="Backup file, from `key backup`.", show_default=False)],
    out: Annotated[Path, typer.Option("--out", "-o", help="Key file to write.", show_default=False)],
    as_json: AsJson = False,
) -> None:
    """Restore a key and its records from a backup; replaces nothing."""
    from masquerade.owner.key_backup import require_backup
    from masquerade.owner.key_backup import restore as bring_back

    require_new(out, Kind.KEY)
    require_backup(backup)
    kept = bring_back(backup, passphrase(), out)
    _tell(kept.fingerprint, out, as_json, kept.records)
    note(f"Restored the key and {_count(kept.records)} of records beside it.")


def _tell(fingerprint: str, path: Path, as_json: bool, records: int = 0) -> None:
    facts = KeyAnswer(fingerprint=fingerprint, path=str(path), records=records)
    answer(facts, as_json, f"{fingerprint}  {path}")


def _count(files: int) -> str:
    return "1 file" if files == 1 else f"{files} files"
