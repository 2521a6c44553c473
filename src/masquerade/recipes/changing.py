"""A recipe with other parameters than its own."""

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

from masquerade.disguises import Chain, Disguise
from masquerade.errors import UsageError
from masquerade.recipes.base import Recipe


def with_parameters(found: Recipe, params: Mapping[str, Any]) -> Recipe:
    """The recipe with other parameters: of its cloak, or of the one step of its disguise that has them."""
    if found.cloak is not None or not params:
        return found.changed(params)
    steps = list(found.disguise.parts if isinstance(found.disguise, Chain) else (found.disguise,))
    for name, value in params.items():
        having = [place for place, step in enumerate(steps) if name in _names_of(step)]
        if len(having) != 1:
            known = sorted({each for step in steps for each in _names_of(step)})
            raise UsageError(
                "several steps have this parameter" if having else "no such parameter",
                value=name,
                place=found.name,
                remedy="Give the disguise itself, written out with its parameters."
                if having
                else f"Its parameters are: {', '.join(known) or 'none'}.",
            )
        steps[having[0]] = replace(steps[having[0]], **{name: value})  # type: ignore[type-var]
    return replace(found, disguise=Chain(tuple(steps)) if isinstance(found.disguise, Chain) else steps[0])


def _names_of(step: Disguise) -> list[str]:
    return [field.name for field in fields(step)]  # type: ignore[arg-type]
