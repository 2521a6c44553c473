"""What ``masquerade list`` shows, as a file of the package: the code tells it too, but loads torch for seconds.

``python -m masquerade.cli.catalogue`` writes the file anew; a test compares it with the code.
"""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Final

FILE: Final = Path(__file__).with_name("catalogue.json")

Lines = list[tuple[str, str]]
"""Names, and a line on each."""


def kept(kind: str) -> Lines:
    """The lines of a kind, from the file."""
    return [(name, words) for name, words in json.loads(FILE.read_text(encoding="utf-8"))[kind]]


def compiled() -> dict[str, Lines]:
    """The lines of all kinds, from the code."""
    from masquerade.attacks import EVERY_ATTACK
    from masquerade.metrics import EVERY_METRIC
    from masquerade.networks import EVERY_NETWORK

    return {
        "recipes": list(_recipes()),
        "attacks": [(attack.name, _first_line(attack.__doc__)) for attack in EVERY_ATTACK],
        "metrics": [(name, _first_line(metric.__doc__)) for name, metric in EVERY_METRIC.items()],
        "networks": [(network.name, _first_line(network.__doc__)) for network in EVERY_NETWORK],
        "presets": list(_presets()),
    }


def as_text(catalogue: dict[str, Lines]) -> str:
    """The contents of the file."""
    return json.dumps(catalogue, indent=1, ensure_ascii=False) + "\n"


def _recipes() -> Iterable[tuple[str, str]]:
    from masquerade.recipes import RECIPES
    from masquerade.recipes.measured import grade_of

    return ((recipe.name, f"[{grade_of(recipe)}] {recipe.title}") for recipe in RECIPES)


def _presets() -> Iterable[tuple[str, str]]:
    from masquerade.training.presets import PRESETS

    for name, settings in PRESETS.items():
        length = f"{settings.epochs} epochs" if settings.epochs else f"{settings.steps} steps"
        yield name, f"{settings.network}, {length}, {settings.optimiser}, rate {settings.learning_rate:g}"


def _first_line(text: str | None) -> str:
    return (text or "").strip().split("\n")[0]


if __name__ == "__main__":
    FILE.write_text(as_text(compiled()), encoding="utf-8")
