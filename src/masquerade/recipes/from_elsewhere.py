"""Protections that other distributions bring along, as recipes by the names of their classes."""

from typing import Final

from masquerade.disguises import Disguise
from masquerade.errors import UsageError
from masquerade.installed import PROTECTIONS, find_installed, owner_of
from masquerade.recipes.base import Recipe

SIDE: Final = 32
"""Height and width of photos unless ``--size`` says otherwise: what the recipes for blocks of pixels take."""
_ADVICE: Final = "It comes from elsewhere: no study here has measured it."


def recipe_from_elsewhere(name: str) -> Recipe | None:
    """The recipe of an installed protection with its own defaults, for colour photos; None if none is called so.

    Raises:
        UsageError: If it cannot be imported, is no protection, or has parameters without a default.
    """
    kind = find_installed(PROTECTIONS, name, Disguise)  # type: ignore[type-abstract]
    if kind is None:
        return None
    try:
        disguise = kind()
    except TypeError as error:
        raise UsageError(
            "a protection from elsewhere that cannot be made without parameters",
            value=str(error),
            place=name,
            remedy="Give each parameter of its class a default, or name it in a study with its parameters.",
        ) from error
    title = (kind.__doc__ or name).strip().split("\n")[0]
    source = owner_of(PROTECTIONS, name)
    return Recipe(name, title, disguise, SIDE, SIDE, "RGB", "resnet18", "laptop-resnet18", source, _ADVICE)
