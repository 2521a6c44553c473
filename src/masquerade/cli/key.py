"""``masquerade key new`` and ``key show``."""

from pathlib import Path
from typing import Annotated

import typer

from masquerade.cli.console import note, passphrase, say
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
    key = Key.generate()
    key.save(path, passphrase=passphrase() if protect else None, overwrite=overwrite)
    say(f"{key.fingerprint}  {path}")
    note(
        "Keep this file and a copy of it: without it, neither data nor models disguised with it can be used."
    )


def show(path: KeyPath) -> None:
    """Print a key's fingerprint, date and protection; never the secret."""
    facts = describe(path)
    say(f"fingerprint  {facts.fingerprint}")
    say(f"created      {facts.created}")
    say(f"passphrase   {'yes' if facts.protected else 'no'}")
