"""``masquerade pretrain``: an encoder from public faces, without labels."""

from pathlib import Path
from typing import Annotated

import typer

from masquerade.cli import numbers
from masquerade.cli.console import note, progress, say
from masquerade.cli.options import FacesOption, sum_up
from masquerade.cli.outputs import Overwrite
from masquerade.faces.reading import way_of
from masquerade.training.encoders.pretrain import pretrain_folder
from masquerade.training.encoders.pretrain import size as settings_of

Photos = Annotated[Path, typer.Argument(help="Folder of public photos.", show_default=False)]


def pretrain(
    photos: Photos,
    out: Annotated[Path, typer.Option("--out", "-o", help="Encoder file to write.", show_default=False)],
    size: Annotated[str, typer.Option(help="small, or paper (ViT-B, for a graphics card).")] = "small",
    epochs: Annotated[int | None, numbers.epochs("Passes over the photos; else the size's own.")] = None,
    seed: Annotated[int, numbers.seed("Seed of weights, order and views.")] = 0,
    resume: Annotated[bool, typer.Option(help="Go on from the checkpoint of a stopped training.")] = True,
    overwrite: Overwrite = False,
    faces: FacesOption = "auto",
) -> None:
    """Pre-train an encoder on public faces; needs no labels and no key. Can be stopped and called again."""
    with progress("pre-training") as told:

        def advance(done: int, total: int, loss: float, found: float) -> None:
            told(done, total, f"loss {loss:.3f}, {found:.0%} of views found again")

        summary = pretrain_folder(
            photos,
            out,
            settings_of(size, epochs),
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
    say(str(summary.encoder))
    sum_up(summary.notices, summary.rejected)
