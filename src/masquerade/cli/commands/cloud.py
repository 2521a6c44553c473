"""``masquerade train``: the cloud's side, which takes no key."""

from pathlib import Path
from typing import Annotated

import typer

from masquerade.cli import numbers
from masquerade.cli.answer_types import ModelAnswer
from masquerade.cli.answers import AsJson, answer
from masquerade.cli.commands.verify import Released
from masquerade.cli.console import note, progress
from masquerade.cli.outputs import Overwrite
from masquerade.cli.trained import Resume
from masquerade.training import preset as preset_named
from masquerade.training import train_released
from masquerade.training.precision import Precision


def train(
    released: Released,
    out: Annotated[Path, typer.Option("--out", "-o", help="Model file to write.", show_default=False)],
    network: Annotated[
        str | None, typer.Option(help="A network of `list networks`.", show_default="chosen by the data")
    ] = None,
    preset: Annotated[
        str | None,
        typer.Option(help="Training settings of `list presets`.", show_default="chosen by the data"),
    ] = None,
    seed: Annotated[
        int, numbers.seed("Random seed for initial weights, shuffling and the validation split.")
    ] = 0,
    precision: Annotated[
        Precision | None,
        typer.Option(
            help="Arithmetic; bfloat16 is faster on some machines and less exact.", show_default="float32"
        ),
    ] = None,
    resume: Resume = True,
    overwrite: Overwrite = False,
    as_json: AsJson = False,
) -> None:
    """Train a network on a released data set; needs no key.

    Safe to interrupt; run the same command again to resume.
    """
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
    facts = ModelAnswer(
        path=str(summary.model),
        images=summary.images,
        classes=summary.classes,
        held_back=summary.held_back,
        accuracy=summary.accuracy,
        chance=summary.chance,
        parameters=summary.parameters,
        device=str(summary.device),
        seconds=summary.seconds,
    )
    answer(facts, as_json, str(summary.model))
