"""Crafter: features of a public split network, crafted against inversion, and the same unprotected."""

from typing import Any, Final

from masquerade.disguises import AmortisedCrafter, Chain, Crafter, CrafterZ, Disguise, SplitEncode
from masquerade.recipes.base import Recipe
from masquerade.recipes.deferred import Cloak, Opened

_PAPER: Final = "the Crafter paper, algorithm 1 and section V-B, and its code"
_KNOWN_APART: Final = (
    "Crafted features still tell people apart: beside original ones of known people, a third to two fifths were "
    "recognised; docs/guide/crafter.md has what other attackers rebuild."
)
LAPTOP: Final[dict[str, Any]] = {
    "iterations": 30,
    "learning_rate": 0.1,
    "solver": "fast",
    "adversary": {"width": 8, "steps": 5},
    "fast": {"tolerance": 0.1, "products": 12},
}
"""Fewer iterations, longer steps, a smaller critic and a looser solver than the paper's, which are ``CraftSettings()``.

Iterations times length of steps say how far features can go: 5 in the paper, 3 here. With 40 steps of .03, 1.2, nothing
was hidden. docs/decisions/0008-what-crafting-costs.md has the measurements.
"""
LAPTOP_Z: Final = {"iterations": 100, "adversary": {"width": 16}}


def _crafter(
    name: str,
    title: str,
    kind: type[Disguise],
    networks: dict[str, Opened],
    parameters: dict[str, object],
    advice: str,
) -> Recipe:
    return Recipe(
        name,
        title,
        Chain(),
        64,
        64,
        "RGB",
        "resnet18",
        "laptop-resnet18",
        _PAPER,
        advice,
        cloak=Cloak(kind, networks, parameters),
    )


_BOTH: Final[dict[str, Opened]] = {"split": "split-1", "generator": "faces-1"}

CRAFTER: Final[tuple[Recipe, ...]] = (
    _crafter(
        "crafter-none",
        "features of the split network as they are",
        SplitEncode,
        {"split": "split-1"},
        {},
        "The features leave as they are.",
    ),
    _crafter(
        "crafter",
        "features whose inversion shows a face of the prior, beta 1",
        Crafter,
        _BOTH,
        {"settings": LAPTOP},
        _KNOWN_APART,
    ),
    _crafter(
        "crafter-z",
        "features of the generator's own faces, beta 20",
        CrafterZ,
        _BOTH,
        {"settings": LAPTOP_Z},
        _KNOWN_APART,
    ),
    _crafter(
        "crafter-amortised",
        "features that a network draws to those of a face of the prior, beta 0.25",
        AmortisedCrafter,
        {**_BOTH, "crafter": "crafter-1"},
        {"beta": 0.25, "settings": LAPTOP},
        _KNOWN_APART,
    ),
)
"""The paper's, its baseline, and no protection."""
