"""``masquerade verify``: whether a released data set is whole; loads no network."""

from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from masquerade.cli.console import CommandFailed, say
from masquerade.files.kinds import Kind, kind_behind
from masquerade.released.verify import verify as findings

Released = Annotated[
    Path, typer.Argument(help="A released data set, or a sealed gallery.", show_default=False)
]


def verify(
    released: Released,
    quick: Annotated[bool, typer.Option("--quick", help="Compare sizes and headers only.")] = False,
) -> None:
    """Compare every shard with the manifest and name what is damaged, missing, swapped or foreign."""
    sealed = _public_part(released)
    if sealed is not None:
        from masquerade.sealed.verify import verify as sealed_findings

        found = sealed_findings(sealed, read_data=not quick)
    else:
        found = findings(released, read_data=not quick)
    for finding in found:
        say(str(finding))
    if found:
        raise CommandFailed(2)
    say(f"sound: {released}")


def _public_part(folder: Path) -> Path | None:
    """The public part that a folder is, or that a sealed gallery in it has; None if it is something else."""
    for each in (folder, folder / "public"):
        with suppress(OSError):  # the folder is a file: the other check says so
            if kind_behind(each / "manifest.json") is Kind.SEALED:
                return each
    return None
