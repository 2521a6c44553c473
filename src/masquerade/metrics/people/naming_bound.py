"""How often anybody can name the person behind an answer under normal noise: two bounds, one of them on everybody.

The first, ``worst_case``, holds for every attacker, whatever he knows beforehand, and every set of people who are as
likely as each other: it needs radius and noise alone. Naming one of N people from N(c, s^2 I), |c| at most R, succeeds
at most as often as a test of level 1/N of the ball's centre against a point of its surface:
Phi(Phi^-1(1/N) + R sqrt(k) / s) from k answers under noise of their own (the trade-off function of Dong, Roth and Su
2022; its mean over the N people by concavity). The second, ``these_candidates``, is the rule of greatest posterior
probability for given photos: the best that somebody can do who holds exactly these, and no bound for other photos.
"""

import math
from typing import Final

import numpy as np
import torch
from scipy import stats
from torch import Tensor

from masquerade.metrics import intervals
from masquerade.metrics.base import Score

_DRAWS: Final = 20
"""Answers that are drawn for each photo."""


def worst_case(people: int, deviation: float, photos: int = 1, radius: float = 1.0) -> float:
    """Largest share of answers whose person anybody can name.

    Args:
        people: As likely as each other, ``N``.
        deviation: Standard deviation of the noise on each number; 0 bounds nothing.
        photos: Different photos of a person, each answered once, ``k``.
        radius: Of the ball that codes are brought into before noise.

    Returns:
        0 to 1.
    """
    if deviation == 0 or people < 2:
        return 1.0
    reach = radius * math.sqrt(photos) / deviation
    return float(stats.norm.cdf(stats.norm.ppf(1 / people) + reach))


def these_candidates(codes: Tensor, people: Tensor, deviation: float, rng: np.random.Generator) -> Score:
    """Share of answers that somebody names who holds the very photos, as likely as each other, and forgets nothing.

    Without noise his only limit are photos of several people with one code.

    Args:
        codes: ``(n, r)``, of the photos: before noise, or as they are released where there is none.
        people: Person of each photo, int64 ``(n,)``.
        deviation: Standard deviation of the noise on each number.
        rng: Draws answers.

    Returns:
        The share, by photos, with its interval by person; its chance is that of the most frequent person.
    """
    rows = codes.double()
    _, person = torch.unique(people, return_inverse=True)
    member = torch.nn.functional.one_hot(person).double()
    hits = torch.zeros(len(rows), dtype=torch.float64)
    for _ in range(_DRAWS if deviation else 1):
        drawn = torch.from_numpy(rng.standard_normal(tuple(rows.shape)))
        guess = (_likelihood(rows + deviation * drawn, rows, deviation) @ member).argmax(1)
        hits += (guess == person).double() / (_DRAWS if deviation else 1)
    low, high = intervals.mean(hits.numpy(), people, (0.0, 1.0))
    chance = float(member.mean(0).max())
    return Score("naming_candidates", float(hits.mean()), chance, low, high, len(rows), member.shape[1])


def _likelihood(seen: Tensor, rows: Tensor, deviation: float) -> Tensor:
    """Of each photo given each answer, ``(n, n)``, up to a factor for each answer."""
    apart = torch.cdist(seen, rows, compute_mode="donot_use_mm_for_euclid_dist")
    if deviation == 0:
        return (apart < 1e-9).double()
    return torch.softmax(-apart.square() / (2 * deviation**2), 1)
