"""The owner's job of Crafter: which recipe an owner's choice of networks and numbers makes."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from masquerade.crafting.shipped import ANSWERS, BANKS, GENERATORS, SPLITS, open_split
from masquerade.crafting.trained import TrainedSplit
from masquerade.errors import UsageError, did_you_mean
from masquerade.recipes import Recipe
from masquerade.recipes import recipe as recipe_named

CRAFTED: Final = (
    "crafter",
    "crafter-z",
    "crafter-amortised",
    "task-only",
    "task-only-thin",
    "task-only-noise",
    "k-same",
)
"""Recipes that ``masquerade craft`` carries out."""


def crafting_recipe(
    name: str = "crafter",
    *,
    encoder: str | Path | None = None,
    generator: str | Path | None = None,
    answers: str | Path | None = None,
    bank: str | Path | None = None,
    task: Sequence[str] = (),
    change: Mapping[str, Any] | None = None,
) -> Recipe:
    """A recipe of Crafter with an owner's networks and numbers, for photos of the encoder's size.

    Args:
        name: One of ``CRAFTED``.
        encoder: A split network by name, or its file; by itself the recipe's.
        generator: A face generator by name, or its file; by itself the recipe's.
        answers: Statistics of the encoder's answers by name, or their file, for task-only.
        bank: Features by name, or a file of public people's, for k-same.
        task: Names of the attributes that task-only keeps; none for all.
        change: Other numbers of the recipe: ``beta``, ``iterations``, ``refine``, ``batch`` ...; a None is left out.

    Raises:
        MasqueradeError: If the encoder cannot be opened.
        UsageError: If a number has no place in the recipe, or the encoder tells no such attribute.
    """
    chosen: dict[str, Any] = {name: value for name, value in (change or {}).items() if value is not None}
    if encoder is not None:
        chosen["split"] = _named_or_file(encoder, SPLITS)
    if generator is not None:
        chosen["generator"] = _named_or_file(generator, GENERATORS)
    if answers is not None:
        chosen["answers"] = _named_or_file(answers, ANSWERS)
    if bank is not None:
        chosen["bank"] = _named_or_file(bank, BANKS)
    if task:
        chosen["attributes"] = attributes_of(task, open_split(chosen.get("split", SPLITS[0])))
    recipe = recipe_named(name).changed(chosen)
    if encoder is None:
        return recipe
    side = open_split(chosen["split"]).network.options.side
    return replace(recipe, height=side, width=side)


def attributes_of(task: Sequence[str], split: TrainedSplit) -> tuple[int, ...]:
    """Where the named attributes stand among those that the network tells.

    Raises:
        UsageError: If it tells no such attribute.
    """
    known = split.attributes
    for name in task:
        if name not in known:
            hint = did_you_mean(name, known)
            raise UsageError(
                "the encoder tells no such attribute",
                value=name[:100],
                place=split.name,
                remedy=f"{hint}It tells {', '.join(known) or 'attributes that nobody named'}.",
            )
    return tuple(known.index(name) for name in task)


def _named_or_file(given: str | Path, shipped: tuple[str, ...]) -> str | Path:
    """A name, or a path: files are kept by whoever releases what was made with them."""
    return str(given) if str(given) in shipped or not Path(given).is_file() else Path(given)
