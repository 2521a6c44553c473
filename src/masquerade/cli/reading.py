"""Turns words of the command line into what the library takes."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from masquerade.data.folders import EXTENSIONS
from masquerade.errors import UsageError
from masquerade.recipes import Recipe


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
    return replace(recipe, height=int(found[1]), width=int(found[2]))


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


def photo_files(paths: Iterable[Path]) -> Iterator[Path]:
    """The files among ``paths``, and the photos in and below the folders among them, sorted.

    Raises:
        UsageError: If a path does not exist.
    """
    for path in paths:
        if path.is_dir():
            yield from (p for p in sorted(path.rglob("*")) if p.suffix.lower() in EXTENSIONS and p.is_file())
        elif path.exists():
            yield path
        else:
            raise UsageError("no such photo or folder", value=path, remedy="Check the path.")
