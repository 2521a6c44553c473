"""``masquerade pretrain``: an encoder from public faces, without labels."""

from pathlib import Path
from typing import Annotated

import typer

from masquerade.cli import numbers
from masquerade.cli.answers import AsJson
from masquerade.cli.console import note, progress
from masquerade.cli.options import FacesOption
from masquerade.cli.outputs import Overwrite
from masquerade.cli.trained import Resume, tell_network
from masquerade.faces.reading import way_of
from masquerade.training.encoders.pretrain import pretrain_folder
from masquerade.training.encoders.pretrain import size as settings_of

Photos = Annotated[Path, typer.Argument(help="Folder of public photos.", show_default=False)]


def pretrain(
    photos: Photos,
    out: Annotated[Path, typer.Option("--out", "-o", help="Encoder file to write.", show_default=False)],
    architecture: Annotated[str, typer.Option(help="small, or paper (ViT-B; needs a GPU).")] = "small",
    epochs: Annotated[
        int | None, numbers.epochs("Passes over the photos.", show_default="the architecture's")
    ] = None,
    seed: Annotated[int, numbers.seed("Random seed for initial weights, shuffling and views.")] = 0,
    resume: Resume = True,
    overwrite: Overwrite = False,
    faces: FacesOption = "auto",
    as_json: AsJson = False,
) -> None:
    """Pre-train an encoder on public faces; needs no labels and no key.

    Safe to interrupt; run the same command again to resume.
    """
    with progress("pre-training") as told:

        def advance(done: int, total: int, loss: float, found: float) -> None:
            told(done, total, f"loss {loss:.3f}, {found:.0%} of views matched")

        summary = pretrain_folder(
            photos,
            out,
            settings_of(architecture, epochs),
            seed=seed,
            resume=resume,
            progress=advance,
            overwrite=overwrite,
            faces=way_of(faces),
        )
    note(
        f"{summary.parameters:,} parameters, {summary.photos} photos, {summary.seconds:.0f} s; "
        f"digest {summary.digest[:12]}"
    )
    tell_network(summary.encoder, summary, as_json)
