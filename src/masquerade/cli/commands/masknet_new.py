"""``masquerade masknet new``: a MaskNet drawn with the user's key, at a distance from all others."""

from pathlib import Path
from typing import Annotated

import typer

from masquerade.cli import numbers
from masquerade.cli.answer_types import MaskNetAnswer
from masquerade.cli.answers import AsJson, answer
from masquerade.cli.console import note, open_key
from masquerade.masknets import SHIPPED, open_source
from masquerade.service.masknets.local import MIN_DISTANCE
from masquerade.service.masknets.local import issue as issue_masknet
from masquerade.service.masknets.register import NAME


def new(
    key: Annotated[Path, typer.Option("--key", "-k", help="Your key file.", show_default=False)],
    out: Annotated[Path, typer.Option("--out", "-o", help="MaskNet file to write.", show_default=False)],
    hypernet: Annotated[str, typer.Option(help="Hypernetwork: a name or a file.")] = SHIPPED[0],
    register: Annotated[
        Path | None,
        typer.Option(help="Register of issued MaskNets, or its folder.", show_default=f"{NAME} beside OUT"),
    ] = None,
    min_distance: Annotated[
        float,
        numbers.number(
            0,
            0.5,
            "Smallest allowed distance to any MaskNet in the register (0 = no check; unrelated ones are about "
            "0.5 apart).",
        ),
    ] = MIN_DISTANCE,
    overwrite: Annotated[bool, typer.Option(help="Replace an existing MaskNet file.")] = False,
    as_json: AsJson = False,
) -> None:
    """Make a MaskNet from your key without a provider.

    It is drawn again while it is too close to another one in the register.
    """
    result = issue_masknet(
        open_source(hypernet),
        open_key(key),
        out,
        register or out.parent / NAME,
        min_distance=min_distance,
        overwrite=overwrite,
    )
    near = "the first one" if result.nearest is None else f"nearest at {result.nearest:.3f}"
    draws = "1 draw" if result.draw == 1 else f"{result.draw} draws"
    facts = MaskNetAnswer(
        fingerprint=result.fingerprint,
        path=str(result.path),
        draws=result.draw,
        compared=result.others,
        nearest=result.nearest,
    )
    answer(facts, as_json, f"{result.fingerprint}  {result.path}")
    note(f"{draws}, compared with {result.others} issued before: {near}; {result.seconds:.2f} s")
    note("Keep the MaskNet as secret as the key: whoever has it can learn to undo your cloaks.")
