"""Leaks as means over people, with two 95 % intervals: nobody counts for more by having more photos.

The first interval is for other people of the same kind: its unit is the person, since photos of one person succeed or
fail together. The second is for these people, were other photos of them taken: its unit is the photo. What other keys
and splits add is seen by repeating; see ``pooling``.
"""

from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from masquerade.metrics.base import Score
from masquerade.metrics.intervals import Floats, beta_interval, clopper_pearson, totals

_LEVEL = 0.975


@final
@dataclass(frozen=True)
class Shares:
    """Mean over people of many shares at once, each field ``(s,)``."""

    value: Floats
    low: Floats
    high: Floats
    same_low: Floats
    same_high: Floats


def weights(identities: ArrayLike) -> Floats:
    """What each trial counts in a mean over people, ``(n,)``; they add up to 1."""
    _, group, sizes = np.unique(np.asarray(identities), return_inverse=True, return_counts=True)
    weight: Floats = 1 / (len(sizes) * sizes[group].astype(np.float64))
    return weight


def shares_by_person(hits: ArrayLike, trials: ArrayLike) -> Shares:
    """Means over people of many shares.

    Args:
        hits: Successes of each person, ``(s, g)``; fractions of a success are allowed.
        trials: Trials of each person, ``(g,)``.
    """
    m = np.asarray(trials, dtype=np.float64)
    each = np.asarray(hits, dtype=np.float64) / m
    people = len(m)
    photos = people**2 / float((1 / m).sum())
    variance = each.var(1, ddof=1) / people if people > 1 else np.full(len(each), np.nan)
    value = each.mean(1)
    rarer = np.minimum((each > 0).sum(1), (each < 1).sum(1))
    ends = beta_interval(value, variance, n=photos, groups=people, floor=float(people), rarer=rarer)
    return Shares(value, *ends, *clopper_pearson(value * photos, np.full(len(value), photos)))


def share_by_person(name: str, hits: ArrayLike, identities: ArrayLike, chance: float) -> Score:
    """The mean over people of their shares of hits.

    Args:
        name: Of the metric.
        hits: Success of each trial, 0 to 1, ``(n,)``.
        identities: Person of each trial, ``(n,)``.
        chance: What a blind guess scores.
    """
    sums, trials = totals(hits, identities)
    s = shares_by_person(sums[None], trials)
    value, low, high, same_low, same_high = (
        float(each[0]) for each in (s.value, s.low, s.high, s.same_low, s.same_high)
    )
    n = int(trials.sum())
    return Score(name, value, chance, low, high, n, len(trials), same_low, same_high)


def mean_by_person(
    name: str, values: ArrayLike, identities: ArrayLike, chance: float, limits: tuple[float, float]
) -> Score:
    """The mean over people of their mean values, with intervals by Student.

    Args:
        name: Of the metric.
        values: One number a trial, ``(n,)``.
        identities: Person of each trial, ``(n,)``.
        chance: What a blind guess scores.
        limits: Smallest and largest value there can be; the interval if there is only one person.
    """
    numbers = np.asarray(values, dtype=np.float64)
    sums, trials = totals(numbers, identities)
    each, people, n = sums / trials, len(sums), len(numbers)
    value = float(each.mean())
    reach = _student(people - 1) * float(each.std(ddof=1)) / people**0.5 if people > 1 else np.inf
    within = None if n == people else _student(n - people) * _within(numbers, identities, each, trials)
    ends = [None if r is None else (value - r, value + r) for r in (reach, within)]
    (low, high), same = (_inside(end, limits) for end in ends)
    return Score(name, value, chance, low or limits[0], high or limits[1], n, people, *same)


def _student(freedom: int) -> float:
    return float(special.stdtrit(freedom, _LEVEL))


def _within(values: Floats, identities: ArrayLike, each: Floats, trials: Floats) -> float:
    """Standard error of the mean over these people, from how the trials of one differ."""
    _, group = np.unique(np.asarray(identities), return_inverse=True)
    spread = float(np.square(values - each[group]).sum()) / (len(values) - len(each))
    return float(np.sqrt(spread * (1 / trials).sum())) / len(each)


def _inside(
    ends: tuple[float, float] | None, limits: tuple[float, float]
) -> tuple[float | None, float | None]:
    if ends is None:
        return None, None
    return max(ends[0], limits[0]), min(ends[1], limits[1])
