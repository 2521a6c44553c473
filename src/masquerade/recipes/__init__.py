"""The papers' settings as cited constants, stronger ones beside them, and targets that attacks must break.

No encoder is opened and no weight is read before ``Recipe.whole`` asks for it.
"""

from typing import Final

from masquerade.errors import UnknownName, did_you_mean
from masquerade.installed import PROTECTIONS, names_installed
from masquerade.recipes.base import Recipe, encoded
from masquerade.recipes.baselines import BASELINES
from masquerade.recipes.controls import CONTROLS
from masquerade.recipes.crafter import CRAFTER
from masquerade.recipes.crafter_baselines import CRAFTER_BASELINES
from masquerade.recipes.disguised_nets import DISGUISED_NETS
from masquerade.recipes.from_elsewhere import recipe_from_elsewhere
from masquerade.recipes.hyperobf import HYPEROBF, HYPEROBF_CONTROLS
from masquerade.recipes.photo_tools import PHOTO_TOOLS
from masquerade.recipes.task_only import TASK_ONLY
from masquerade.recipes.xnn import XNN

__all__ = ["RECIPES", "Recipe", "current_name", "encoded", "recipe"]

RECIPES: Final[tuple[Recipe, ...]] = (
    *DISGUISED_NETS,
    *XNN,
    *HYPEROBF,
    *CRAFTER,
    *CRAFTER_BASELINES,
    *TASK_ONLY,
    *BASELINES,
    *PHOTO_TOOLS,
    *CONTROLS,
    *HYPEROBF_CONTROLS,
)
"""Every recipe, by use: the papers' and ours, the baselines that they are compared with, controls."""


_EARLIER_NAMES: Final = {
    "hardened": "blocks-noise",
    "felt": "recogniser-cloak",
    "felt-one-pass": "recogniser-cloak-one-pass",
}


def current_name(name: str) -> str:
    """The name that a recipe has now: it may have had another when a file was written."""
    return _EARLIER_NAMES.get(name, name)


def recipe(name: str) -> Recipe:
    """The recipe called ``name``, or called so once; or of the protection that a distribution brings by that name.

    Raises:
        UsageError: If there is none; the message names the closest.
    """
    by_name = {known.name: known for known in RECIPES}
    if current_name(name) in by_name:
        return by_name[current_name(name)]
    if found := recipe_from_elsewhere(name):
        return found
    hint = did_you_mean(name, (*by_name, *names_installed(PROTECTIONS)))
    raise UnknownName("no such recipe", value=name, remedy=f"{hint}`masquerade list recipes` names them all.")
