"""``masquerade verify``: whether a released data set is whole; loads no network."""

from pathlib import Path
from typing import Annotated

import typer

from masquerade.cli.console import CommandFailed, say
from masquerade.released.verify import verify as findings

Released = Annotated[Path, typer.Argument(help="A released data set.", show_default=False)]


def verify(
    released: Released,
    quick: Annotated[bool, typer.Option("--quick", help="Compare sizes and headers only.")] = False,
) -> None:
    """Compare every shard with the manifest and name what is damaged, missing, swapped or foreign."""
    found = findings(released, read_data=not quick)
    for finding in found:
        say(str(finding))
    if found:
        raise CommandFailed(2)
    say(f"sound: {released}")
