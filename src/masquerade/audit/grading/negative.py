"""The negative control: the same guess against a shuffled truth must do no better than guessing.

Where it does, the metric rewards something else than knowing: a name that is always said, a chance that is told too
low, or a guess that holds the truth of another row.
"""

from contextlib import suppress
from dataclasses import asdict, replace
from typing import Any, Final

import numpy as np
import torch
from torch import Tensor

from masquerade.errors import NotApplicable, NotMeasurable
from masquerade.guesses import Guess, Tracking
from masquerade.metrics import EVERY_METRIC, Score
from masquerade.metrics.base import Truth

SHUFFLES: Final = 3
"""Enough that the mean of them lies close to what a shuffled truth gives on average."""
_NOTHING_TO_SHUFFLE: Final = frozenset({"energy_removed", "epsilon_pii"})
"""A cloak taken off and a distance to a prior are measured against the photo itself: another one is no chance."""


def against_shuffled(
    guess: Guess, truth: Truth, metrics: list[str], rng: np.random.Generator
) -> dict[str, dict[str, Any]]:
    """Scores of a guess against shuffled truths, by metric, as plain data: the mean of several.

    Args:
        guess: What an attack made of a view.
        truth: The right answers.
        metrics: Names of the metrics that the guess was scored by.
        rng: Shuffles.

    Returns:
        Value, interval and chance of each metric that can be shuffled.
    """
    tries: dict[str, list[Score]] = {}
    for _ in range(SHUFFLES):
        other, wrong = _shuffled(guess, truth, rng)
        for name in (name for name in metrics if name not in _NOTHING_TO_SHUFFLE):
            with suppress(NotMeasurable, NotApplicable):
                tries.setdefault(name, []).append(EVERY_METRIC[name](other, wrong))
    return {name: asdict(_mean(scores)) for name, scores in tries.items()}


def _shuffled(guess: Guess, truth: Truth, rng: np.random.Generator) -> tuple[Guess, Truth]:
    """Rows of the truth in another order; of trackers each is asked for another user."""
    rows = torch.from_numpy(rng.permutation(len(truth.identities)))
    others = None if truth.members is None else torch.from_numpy(rng.permutation(len(truth.members)))
    met = truth.sighting_cloaked
    wrong = replace(
        truth,
        originals=truth.originals[rows],
        identities=truth.identities[rows],
        candidate_rows=_at(truth.candidate_rows, rows),
        units=_at(truth.units, rows),
        members=_at(truth.members, others),
        sighting_cloaked=met if met is None or isinstance(guess, Tracking) else _drawn(met, rng),
    )
    if isinstance(guess, Tracking):
        return Tracking(guess.named.roll(1 + int(rng.integers(max(1, len(guess.named) - 1))), 0)), wrong
    return guess, wrong


def _at(part: Tensor | None, rows: Tensor | None) -> Tensor | None:
    return part if part is None or rows is None else part[rows]


def _drawn(part: Tensor, rng: np.random.Generator) -> Tensor:
    return part[torch.from_numpy(rng.permutation(len(part)))]


def _mean(scores: list[Score]) -> Score:
    value, chance, low, high = np.mean([(s.value, s.chance, s.low, s.high) for s in scores], axis=0).tolist()
    return replace(scores[0], value=value, chance=chance, low=low, high=high)
