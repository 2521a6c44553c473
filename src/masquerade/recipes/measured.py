"""Grades of recipes: from the committed results, which studies/verdicts.py condenses into ``verdicts.json``."""

import json
from collections.abc import Mapping, Sequence
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, final

from pydantic import BaseModel, ConfigDict, TypeAdapter

from masquerade.errors import MasqueradeError
from masquerade.recipes.base import Recipe
from masquerade.released.verdict import Verdict

VERDICTS: Final = Path(__file__).with_name("verdicts.json")
NOT_MEASURED: Final = Verdict(state="not measured")


@final
class MeasuredVerdict(BaseModel):
    """One protection as a study had it.

    Args:
        recipe: Name of the recipe; empty if the study changed it or wrote it out.
        digest: What the verdict is bound to, as ``parameters_digest`` gives it.
        verdict: What was found.
    """

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    recipe: str
    digest: str
    verdict: Verdict


def parameters_digest(description: Mapping[str, Any], shape: Sequence[int]) -> str:
    """What a verdict is bound to: the public parameters of a disguise, and the photos' channels, height and width.

    Digests of networks stand among the parameters. How secrets are derived from a key does not: it decides which
    numbers a key draws, not how they are distributed.
    """
    text = json.dumps([description, list(shape)], sort_keys=True)
    return sha256(text.encode()).hexdigest()[:32]


def verdict_on(recipe: Recipe) -> Verdict:
    """What studies found of a recipe, as it is.

    Raises:
        MasqueradeError: If its networks cannot be opened.
    """
    return verdict_of(recipe.name, recipe.whole().describe(), recipe.shape)


def verdict_of(name: str, description: Mapping[str, Any], shape: Sequence[int]) -> Verdict:
    """What studies found of a recipe whose disguise is opened.

    Args:
        name: The recipe's name, under which a verdict on other parameters is found.
        description: As ``Disguise.describe`` gives it.
        shape: Channels, height and width of the photos.
    """
    digest = parameters_digest(description, shape)
    if found := next((each for each in _every() if each.digest == digest), None):
        return found.verdict
    known = [each.verdict for each in _every() if each.recipe == name]
    return known[0].model_copy(update={"state": "stale"}) if known else NOT_MEASURED


def grade_of(recipe: Recipe) -> str:
    """The grade for a list, also of a recipe whose networks are not here: then of the name alone."""
    try:
        return verdict_on(recipe).short
    except MasqueradeError:
        known = [each.verdict.short for each in _every() if each.recipe == recipe.name]
        return known[0] if known else NOT_MEASURED.short


@cache
def _every() -> tuple[MeasuredVerdict, ...]:
    """The condensed results; of a recipe with several, the worst first."""
    return tuple(TypeAdapter(list[MeasuredVerdict]).validate_json(VERDICTS.read_text("utf-8")))
