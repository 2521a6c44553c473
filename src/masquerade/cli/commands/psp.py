"""``masquerade psp train``: the provider's hypernetwork."""

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
from masquerade.networks.cloaks.masknet import STRUCTURES
from masquerade.training.hyperobf.folder import FEWEST_PHOTOS, train_folder
from masquerade.training.hyperobf.settings import HyperObfSettings


def train(
    photos: Annotated[
        Path, typer.Argument(help="Public faces, in a folder for each person.", show_default=False)
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="File to write.", show_default=False)],
    structure: Annotated[
        str, typer.Option(help=f"MaskNet structure: {', '.join(STRUCTURES)}.")
    ] = "masknet-1",
    size: Annotated[
        int, numbers.number(16, 1024, "Height and width of the faces that MaskNets see, in pixels.")
    ] = 112,
    people: Annotated[
        int | None, numbers.count(2, "Use at most this many people, those with the most photos.")
    ] = None,
    min_photos: Annotated[int, numbers.count(1, "Leave out people with fewer photos.")] = FEWEST_PHOTOS,
    epochs: Annotated[int | None, numbers.epochs("Passes over the photos.")] = None,
    seed: Annotated[
        int, numbers.seed("Random seed for initial weights, shuffling and the validation split.")
    ] = 0,
    snapshot_every: Annotated[int, numbers.count(0, "Epochs between snapshots (0 = none).")] = 0,
    resume: Resume = True,
    overwrite: Overwrite = False,
    faces: FacesOption = "auto",
    as_json: AsJson = False,
) -> None:
    """Train a hypernetwork on public faces; needs no key.

    Safe to interrupt; run the same command again to resume.

    Use people who are not among those to be protected.
    """
    settings = _settings(structure, size, epochs)
    with progress("training") as told:
        summary = train_folder(
            photos,
            out,
            settings,
            people=people,
            fewest_photos=min_photos,
            seed=seed,
            resume=resume,
            keep_every=snapshot_every,
            progress=told,
            overwrite=overwrite,
            faces=way_of(faces),
        )
    result = summary.result
    note(
        f"{summary.parameters:,} parameters, {summary.photos} photos of {summary.people} people, "
        f"{summary.seconds:.0f} s; digest {summary.digest[:12]}"
    )
    note(
        f"after {result.epoch} of {settings.fit.epochs} epochs: {result.accuracy:.1%} of "
        f"{summary.held_back} photos held back given the right person, by chance {1 / summary.people:.1%}; "
        f"two MaskNets' features are {result.distance:.2f} apart, their answers {result.divergence:.2f} nats"
    )
    tell_network(summary.hypernet, summary, as_json)


def _settings(structure: str, size: int, epochs: int | None) -> HyperObfSettings:
    fields: dict[str, object] = {"hypernet": {"structure": structure, "size": size}}
    if epochs is not None:
        fields["fit"] = {"epochs": epochs}
    return HyperObfSettings.read(fields)
