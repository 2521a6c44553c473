"""``masquerade identify``: names for photos or feature rows, whatever the model file is."""

from pathlib import Path
from typing import Annotated

import typer

from masquerade.cli.answers import AsJson
from masquerade.cli.commands.recognise import Strangers, is_home, names_of
from masquerade.cli.commands.xnn_d import identify_rows
from masquerade.cli.options import ClosedSet, FpirOption
from masquerade.errors import UsageError
from masquerade.training.model_file import read_card
from masquerade.training.open_set import FPIR
from masquerade.training.xnn_d.folders import RECIPE


def identify(
    model: Annotated[
        Path,
        typer.Argument(help="Model file, from `train`, `distil` or `recogniser fit`.", show_default=False),
    ],
    photos: Annotated[
        list[Path],
        typer.Argument(
            help="Photos or folders of photos; a feature file for a recogniser from `distil`.",
            show_default=False,
        ),
    ],
    key: Annotated[
        Path | None,
        typer.Option(
            "--key",
            "-k",
            help="The owner's key file; needed for a model from `train`.",
            show_default=False,
        ),
    ] = None,
    gallery: Annotated[
        Path | None,
        typer.Option(
            help="Name the most similar person of this gallery (from `enrol`, `obfuscate --gallery`, or a folder "
            "with a folder for each person).",
            show_default="the people trained on",
        ),
    ] = None,
    fpir: FpirOption = FPIR,
    strangers: Strangers = None,
    closed_set: ClosedSet = False,
    as_json: AsJson = False,
) -> None:
    """Name the person on each photo or feature row, or say unknown; for every kind of model file."""
    if not _of_features(model):
        names_of(model, photos, key, gallery, fpir, strangers, closed_set, as_json)
        return
    if key is not None:
        raise UsageError("this model needs no key", value=key, place="--key", remedy="Leave it out.")
    if gallery is None:
        raise UsageError(
            "a recogniser of features needs a gallery",
            place="--gallery",
            remedy="Give the feature file of known people, from `masquerade obfuscate --gallery`.",
        )
    if len(photos) > 1:
        raise UsageError("several feature files", value=len(photos), remedy="Give one.")
    identify_rows(model, photos[0], gallery, fpir, strangers, closed_set, as_json)


def _of_features(model: Path) -> bool:
    return not is_home(model) and read_card(model).recipe == RECIPE
