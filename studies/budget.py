"""What the studies may cost: studies/budget.toml, read."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Final, final

BUDGET: Final = Path(__file__).with_name("budget.toml")


@final
@dataclass(frozen=True)
class Budget:
    """Hours of one core.

    Args:
        core_hours: What all studies of the laptop profile may cost together.
        most_of_one: What one of them may cost.
        studies: The share of each.
    """

    core_hours: float
    most_of_one: float
    studies: dict[str, float]


def budget() -> Budget:
    """The budget as it is written down."""
    return Budget(**tomllib.loads(BUDGET.read_text("utf-8")))
