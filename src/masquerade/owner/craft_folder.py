"""The owner's job of Crafter: which recipe an owner's choice of networks and numbers makes."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from masquerade.crafting.shipped import GENERATORS, SPLITS, open_split
from masquerade.recipes import Recipe
from masquerade.recipes import recipe as recipe_named


def crafting_recipe(
    name: str = "crafter",
    *,
    encoder: str | Path | None = None,
    generator: str | Path | None = None,
    change: Mapping[str, Any] | None = None,
) -> Recipe:
    """A recipe of Crafter with an owner's networks and numbers, for photos of the encoder's size.

    Args:
        name: ``crafter``, ``crafter-z`` or ``crafter-amortised``.
        encoder: A split network by name, or its file; by itself the recipe's.
        generator: A face generator by name, or its file; by itself the recipe's.
        change: Other numbers of the recipe: ``beta``, ``iterations``, ``refine``, ``batch`` ...; a None is left out.

    Raises:
        MasqueradeError: If the encoder cannot be opened.
        UsageError: If a number has no place in the recipe.
    """
    chosen: dict[str, Any] = {name: value for name, value in (change or {}).items() if value is not None}
    if encoder is not None:
        chosen["split"] = _named_or_file(encoder, SPLITS)
    if generator is not None:
        chosen["generator"] = _named_or_file(generator, GENERATORS)
    recipe = recipe_named(name).changed(chosen)
    if encoder is None:
        return recipe
    side = open_split(chosen["split"]).network.options.side
    return replace(recipe, height=side, width=side)


def _named_or_file(given: str | Path, shipped: tuple[str, ...]) -> str | Path:
    """A name, or a path: files are kept by whoever releases what was made with them."""
    return str(given) if str(given) in shipped or not Path(given).is_file() else Path(given)
