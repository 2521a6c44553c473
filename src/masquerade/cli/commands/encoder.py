"""``masquerade encoder``: encoders on the edge, with the cloud's half behind them."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, final

import typer

from masquerade.cli import numbers
from masquerade.cli.console import note, progress, say
from masquerade.cli.options import FacesOption, sum_up
from masquerade.cli.outputs import Overwrite
from masquerade.faces.reading import way_of
from masquerade.training.crafter.encoder_folder import train_encoder_folder


@final
class Architecture(StrEnum):
    """Split networks by name."""

    resnet18 = "resnet18"
    vgg16 = "vgg16"


def train(
    photos: Annotated[Path, typer.Argument(help="Folder of public photos.", show_default=False)],
    attributes: Annotated[
        Path, typer.Option(help="CSV: file, then a column of 1 and 0 or -1 for each.", show_default=False)
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="File to write.", show_default=False)],
    architecture: Annotated[Architecture, typer.Option(help="Cut after its first stages.")] = (
        Architecture.resnet18
    ),
    side: Annotated[int, numbers.number(16, 512, "Pixels; a multiple of 4.")] = 64,
    width: Annotated[int, numbers.number(1, 512, "Maps of the first stage; 64 is full.")] = 32,
    epochs: Annotated[int, numbers.epochs("Passes over the photos.")] = 14,
    seed: Annotated[int, numbers.seed("Of weights, order and changes.")] = 0,
    resume: Annotated[bool, typer.Option(help="Go on from the checkpoint of a stopped training.")] = True,
    overwrite: Overwrite = False,
    faces: FacesOption = "auto",
) -> None:
    """Train an encoder and the cloud's half behind it; needs no key. Can be stopped and called again.

    Photos without a row in the table are left out. The people must be others than those to be protected.
    """
    with progress("training") as told:

        def advance(done: int, total: int, loss: float) -> None:
            told(done, total, f"loss {loss:.3f}")

        summary = train_encoder_folder(
            photos,
            attributes,
            out,
            architecture=architecture.value,
            side=side,
            width=width,
            epochs=epochs,
            seed=seed,
            resume=resume,
            progress=advance,
            overwrite=overwrite,
            faces=way_of(faces),
        )
    found = summary.described
    if found.without_row or found.without_photo:
        note(f"{found.without_row} photos without a row left out, {found.without_photo} rows without a photo")
    note(
        f"{len(found.photos)} photos, {len(found.names)} attributes, {summary.seconds:.0f} s; "
        f"digest {summary.digest[:12]}"
    )
    say(str(summary.encoder))
    sum_up(found.notices, found.rejected)
