"""Turns words of the command line into what the library takes."""

import re
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from masquerade.cli.console import CommandFailed, note
from masquerade.cli.exit_codes import FAILED, SOME_FAILED
from masquerade.cli.numbers import number, workers
from masquerade.data.folders import Photo, survey
from masquerade.data.people_table import survey_by_table
from masquerade.data.photo_tree import photo_tree
from masquerade.data.resize import check_target
from masquerade.engines import ENGINES
from masquerade.errors import PhotoRejected, UsageError
from masquerade.recipes import Recipe

FacesOption = Annotated[
    str,
    typer.Option(
        "--faces", help="auto: find, turn and align each face; as-is: pictures are aligned faces already."
    ),
]
PeopleOption = Annotated[
    Path | None,
    typer.Option(
        "--people", help="CSV of path and person, instead of a folder for each person.", show_default=False
    ),
]
EngineOption = Annotated[str, typer.Option(help=f"Who works: {', '.join(ENGINES)}.")]
WorkersOption = Annotated[
    int | None, workers("Threads, processes or tasks.", show_default="one for each CPU, at most 8")
]
AddressOption = Annotated[
    str | None,
    typer.Option(help="HOST:PORT of a Ray cluster.", show_default="Ray is started on this machine"),
]
FpirOption = Annotated[
    float,
    number(
        1e-6,
        0.99,
        "False-positive identification rate: share of strangers' photos that may be named.",
        "--fpir",
    ),
]
ClosedSet = Annotated[
    bool, typer.Option("--closed-set", help="Always name the most similar person, also for strangers.")
]


def with_size(recipe: Recipe, size: str | None) -> Recipe:
    """The recipe at another size of photos, such as ``112x112`` (height and width).

    Raises:
        UsageError: If ``size`` is no size.
    """
    if size is None:
        return recipe
    found = re.fullmatch(r"(\d{1,4})x(\d{1,4})", size)
    if found is None:
        raise UsageError(
            "not a size", value=size, place="--size", remedy="Write HEIGHTxWIDTH, such as 64x64."
        )
    height, width = int(found[1]), int(found[2])
    check_target(height, width, recipe.mode)
    return replace(recipe, height=height, width=width)


def with_encoder(recipe: Recipe, encoder: str | None) -> Recipe:
    """The recipe with another public encoder, given by its name or as a file.

    Raises:
        UsageError: If the recipe has no encoder to replace.
    """
    if encoder is None:
        return recipe
    if recipe.encoder is None:
        raise UsageError(
            "the recipe disguises pixels, without an encoder",
            value=recipe.name,
            place="--encoder",
            remedy="Choose a recipe such as xnn, or leave the option out.",
        )
    file = Path(encoder)
    return replace(recipe, encoder=file if file.is_file() else encoder)


def names_in(listed: str | None) -> list[str]:
    """The names in a list with commas."""
    return [name for each in (listed or "").split(",") if (name := each.strip())]


def photo_files(paths: Iterable[Path]) -> list[Path]:
    """The files among ``paths``, and the photos in and below the folders among them; tells what is passed over.

    Raises:
        UsageError: If a path does not exist, a folder cannot be read, or holds no photo.
    """
    found: list[Path] = []
    for tree in map(photo_tree, paths):
        found += tree.paths()
        for words in tree.notices:
            note(words)
    return found


def person_files(roots: Iterable[Path], table: Path | None = None) -> list[Photo]:
    """The photos in person folders, or those that a table has a person for; tells what is passed over.

    Raises:
        UsageError: If a folder cannot be read, or holds no person's photo.
    """
    found: list[Photo] = []
    for root in roots:
        people = survey(root, 1) if table is None else survey_by_table(root, table, 1)
        found += people.photos
        for words in people.notices:
            note(words)
    return found


def sum_up(notices: Iterable[str], rejections: Iterable[PhotoRejected], photos: int | None = None) -> None:
    """Tell what was passed over, and each photo that was rejected.

    Args:
        notices: What was passed over.
        rejections: Photos that were rejected.
        photos: All photos, where nothing is done if all are rejected.

    Raises:
        CommandFailed: If photos were rejected.
    """
    for words in notices:
        note(words)
    failed = 0
    for rejected in rejections:
        failed += 1
        note(f"rejected: {rejected}")
    if failed:
        raise CommandFailed(FAILED if failed == photos else SOME_FAILED)
