"""Write down what every shipped recipe and preset of training is, number by number; run it as a program.

A change of any number shows in the committed file, and a release that makes one says so.
"""

import json
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from masquerade.disguises import Disguise
from masquerade.errors import UsageError
from masquerade.recipes import RECIPES, Recipe
from masquerade.recipes.deferred import Cloak
from masquerade.training.presets import PRESETS

HERE = Path(__file__).parent
PROSE = ("title", "source", "advice")


def plain(value: object) -> object:
    """A field of a recipe as JSON has it."""
    if isinstance(value, Disguise):
        return value.describe()
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if isinstance(value, Cloak):
        return {each.name: plain(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, Mapping):
        return {str(name): plain(each) for name, each in value.items()}
    if isinstance(value, (tuple, list)):
        return [plain(each) for each in value]
    if isinstance(value, type):
        return value.__name__
    return value if isinstance(value, (int, float, type(None))) else str(value)


def of_recipe(recipe: Recipe) -> dict[str, Any]:
    """All that a recipe is but its prose, and the whole disguise where its networks come with the package."""
    said = {
        field.name: plain(getattr(recipe, field.name)) for field in fields(recipe) if field.name not in PROSE
    }
    try:
        return {**said, "whole": recipe.whole().describe()}
    except UsageError:
        return said


def generate() -> str:
    recipes = [json.dumps(of_recipe(recipe), sort_keys=True) for recipe in RECIPES]
    presets = [
        json.dumps({"preset": name, **preset.model_dump(mode="json")}, sort_keys=True)
        for name, preset in PRESETS.items()
    ]
    return "[\n" + ",\n".join([*recipes, *presets]) + "\n]\n"


if __name__ == "__main__":
    (HERE / "shipped.json").write_text(generate(), encoding="utf-8")
