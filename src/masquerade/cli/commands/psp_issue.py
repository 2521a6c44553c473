"""``masquerade psp issue``: a user's MaskNet, drawn by the user's key and kept apart from all others."""

from pathlib import Path
from typing import Annotated

import typer

from masquerade.cli import numbers
from masquerade.cli.console import note, open_key, say
from masquerade.masknets import SHIPPED, open_source
from masquerade.service.masknets.local import MIN_DISTANCE
from masquerade.service.masknets.local import issue as issue_masknet
from masquerade.service.masknets.register import NAME


def issue(
    key: Annotated[Path, typer.Option("--key", "-k", help="The user's key file.", show_default=False)],
    out: Annotated[Path, typer.Option("--out", "-o", help="MaskNet file to write.", show_default=False)],
    hypernet: Annotated[str, typer.Option(help="Name or file of a hypernetwork.")] = SHIPPED[0],
    issued: Annotated[
        Path | None,
        typer.Option(help=f"Register of what was issued, or its folder; else {NAME} beside OUT."),
    ] = None,
    min_distance: Annotated[
        float, numbers.number(0, 0.5, "To every MaskNet issued: 0 for none, 0.5 as between unrelated ones.")
    ] = MIN_DISTANCE,
    overwrite: Annotated[bool, typer.Option(help="Replace a MaskNet file that is there.")] = False,
) -> None:
    """Draw a user's MaskNet; drawn again while it is too near to one that was issued to somebody else."""
    result = issue_masknet(
        open_source(hypernet),
        open_key(key),
        out,
        issued or out.parent / NAME,
        min_distance=min_distance,
        overwrite=overwrite,
    )
    near = "the first one" if result.nearest is None else f"nearest at {result.nearest:.3f}"
    draws = "1 draw" if result.draw == 1 else f"{result.draw} draws"
    say(f"{result.fingerprint}  {result.path}")
    note(f"{draws}, compared with {result.others} issued before: {near}; {result.seconds:.2f} s")
    note("Keep the MaskNet as secret as the key: whoever has it can learn to undo your cloaks.")
