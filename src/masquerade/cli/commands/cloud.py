"""``masquerade train``: the cloud's side, which takes no key."""

from pathlib import Path
from typing import Annotated

import typer

from masquerade.cli import numbers
from masquerade.cli.commands.verify import Released
from masquerade.cli.console import note, progress, say
from masquerade.cli.outputs import Overwrite
from masquerade.training import preset as preset_named
from masquerade.training import train_released
from masquerade.training.precision import Precision


def train(
    released: Released,
    out: Annotated[Path, typer.Option("--out", "-o", help="Model file to write.", show_default=False)],
    network: Annotated[str | None, typer.Option(help="See `list networks`; else what fits the data.")] = None,
    preset: Annotated[str | None, typer.Option(help="Named training settings; else what fits.")] = None,
    seed: Annotated[int, numbers.seed("Seed of weights, order and what is held back.")] = 0,
    precision: Annotated[
        Precision | None,
        typer.Option(
            help="bfloat16 is faster where a machine has it, and rounds more.", show_default="float32"
        ),
    ] = None,
    resume: Annotated[bool, typer.Option(help="Go on from the checkpoint of a stopped training.")] = True,
    overwrite: Overwrite = False,
) -> None:
    """Train a network on disguised data; needs no key. Can be stopped and called again."""
    settings = None if preset is None else preset_named(preset)
    with progress("training") as told:

        def advance(done: int, total: int, loss: float, accuracy: float) -> None:
            told(done, total, f"loss {loss:.3f}, accuracy {accuracy:.1%}")

        summary = train_released(
            released,
            out,
            network=network,
            settings=settings,
            seed=seed,
            precision=precision,
            resume=resume,
            progress=advance,
            overwrite=overwrite,
        )
    note(f"{summary.parameters:,} parameters on {summary.device} in {summary.seconds:.0f} s")
    if summary.accuracy is not None and summary.chance is not None:
        held = f"{summary.accuracy:.1%} of {summary.held_back} held-back images right"
        note(f"{held} (always naming the commonest class: {summary.chance:.1%})")
    say(str(summary.model))
