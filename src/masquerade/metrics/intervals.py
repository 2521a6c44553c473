"""95 % intervals whose unit is the person, since photos of one person succeed or fail together.

Shares get the Clopper-Pearson interval at the effective number of independent trials (Korn and Graubard
1998): the number of photos divided by the design effect of the clusters. A design effect cannot be estimated
from a few people, so with few of them on the rarer side the number of people takes the place of the number of
photos. Means get a bootstrap that draws people, with Student's correction for few of them (Hesterberg 2015).
"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import optimize, special

Floats = NDArray[np.float64]

_LEVEL = 0.975
_ENOUGH = 20
"""People with a success and people with a failure from which on the design effect is believed; chosen by
simulation over 480 designs of clusters, see the test."""
_RESAMPLES = 2000
_SURE = 1e-6
"""An interval that ends so close to its value speaks of more trials than there are."""


def totals(values: ArrayLike, identities: ArrayLike) -> tuple[Floats, Floats]:
    """Sums of ``values`` and numbers of trials by identity, each ``(g,)``."""
    _, group = np.unique(np.asarray(identities), return_inverse=True)
    sums: Floats = np.bincount(group, weights=np.asarray(values, dtype=np.float64)).astype(np.float64)
    return sums, np.bincount(group).astype(np.float64)


def kish(trials: ArrayLike) -> float:
    """Effective number of identities of unequal size (Kish 1965): their number, if all sizes are equal."""
    sizes = np.asarray(trials, dtype=np.float64)
    return float(sizes.sum() ** 2 / np.square(sizes).sum())


def shares(hits: ArrayLike, trials: ArrayLike) -> tuple[Floats, Floats]:
    """Intervals of many shares at once.

    Args:
        hits: Successes of each identity, ``(s, g)``; fractions of a success are allowed.
        trials: Trials of each identity, ``(g,)``.

    Returns:
        Lower and upper ends, each ``(s,)``.
    """
    y, m = np.asarray(hits, dtype=np.float64), np.asarray(trials, dtype=np.float64)
    n, groups = m.sum(), len(m)
    share = y.sum(1) / n
    residual = np.square(y - share[:, None] * m).sum(1)
    variance = residual * groups / max(groups - 1, 1) / n**2
    rarer = np.minimum((y > 0).sum(1), (y < m).sum(1))
    return beta_interval(share, variance, n=float(n), groups=groups, floor=kish(m), rarer=rarer)


def share(hits: ArrayLike, identities: ArrayLike) -> tuple[float, float]:
    """Interval of the share of hits.

    Args:
        hits: Success of each trial, 0 to 1, ``(n,)``.
        identities: Person of each trial, ``(n,)``.
    """
    sums, trials = totals(hits, identities)
    low, high = shares(sums[None], trials)
    return float(low[0]), float(high[0])


def beta_interval(
    value: Floats, variance: Floats, *, n: float, groups: int, floor: float, rarer: NDArray[Any]
) -> tuple[Floats, Floats]:
    """Clopper-Pearson at the number of independent trials that has this variance.

    Args:
        value: Estimates between 0 and 1, ``(s,)``.
        variance: Their variances, robust against clusters, ``(s,)``.
        n: Trials; there are never more independent ones.
        groups: Identities.
        floor: Independent trials if the trials of an identity were all alike.
        rarer: Identities that have the rarer outcome, ``(s,)``.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        independent = value * (1 - value) / variance
        independent *= np.square(special.stdtrit(n - 1, _LEVEL) / special.stdtrit(groups - 1, _LEVEL))
    independent = np.minimum(np.where(np.isfinite(independent), independent, floor), n)
    careful = np.minimum(independent, floor)
    trust = np.clip(rarer / _ENOUGH, 0, 1)
    effective = 1 / ((1 - trust) / careful + trust / independent)
    return clopper_pearson(value * effective, effective)


def lower_end(value: float, low: float, people: int, level: float) -> float:
    """Lower end of a share at another level than the 95 % interval's.

    Args:
        value: The share.
        low: Lower end of its 95 % interval.
        people: Identities behind it.
        level: Share of the truths that may lie below, under .025.

    Returns:
        The end of Clopper and Pearson at as many independent trials as the interval speaks of; fewer, as Student's
        quantiles ask, where there are more of them than people.
    """
    if low <= 0 or people < 2:
        return 0.0
    if low >= value * (1 - _SURE):
        return low
    trials = float(np.exp(optimize.brentq(lambda n: _below(value, np.exp(n), 1 - _LEVEL) - low, -20, 30)))
    wider = (special.ndtri(level) / _student(level, people)) / (
        special.ndtri(1 - _LEVEL) / _student(1 - _LEVEL, people)
    )
    return _below(value, max(min(trials, people), trials * wider**2), level)


def _below(value: float, trials: float, level: float) -> float:
    return float(special.betaincinv(value * trials, (1 - value) * trials + 1, level))


def _student(level: float, people: int) -> float:
    return float(special.stdtrit(people - 1, level))


def lower_end_of_mean(value: float, low: float, people: int, level: float) -> float:
    """As ``lower_end``, of a mean of numbers: Student's quantiles stretch the interval's lower half."""
    if people < 2:
        return -np.inf
    return value - (value - low) * _student(level, people) / _student(1 - _LEVEL, people)


def clopper_pearson(hits: Floats, trials: Floats) -> tuple[Floats, Floats]:
    """Exact 95 % intervals of shares of independent trials, both ``(s,)``; fractions are allowed."""
    rest = trials - hits
    tiny = 1e-9
    low = special.betaincinv(np.maximum(hits, tiny), rest + 1, 1 - _LEVEL)
    high = special.betaincinv(hits + 1, np.maximum(rest, tiny), _LEVEL)
    return np.where(hits <= tiny, 0.0, low), np.where(rest <= tiny, 1.0, high)


def mean(
    values: ArrayLike, identities: ArrayLike, limits: tuple[float, float], seed: int = 0
) -> tuple[float, float]:
    """Interval of a mean over trials, by a bootstrap that draws identities.

    Args:
        values: One number a trial, ``(n,)``.
        identities: Person of each trial, ``(n,)``.
        limits: Smallest and largest value there can be; the interval if there is only one identity.
        seed: Of the resampling.
    """
    sums, trials = totals(values, identities)
    groups = len(sums)
    if groups < 2:
        return limits
    drawn = np.random.default_rng(seed).multinomial(groups, np.full(groups, 1 / groups), _RESAMPLES)
    means = (drawn @ sums) / (drawn @ trials)
    tail = special.ndtr(-np.sqrt(groups / (groups - 1)) * special.stdtrit(groups - 1, _LEVEL))
    low, high = np.quantile(means, [tail, 1 - tail])
    return float(max(low, limits[0])), float(min(high, limits[1]))


def distinct(identities: ArrayLike) -> int:
    """How many identities there are."""
    return len(np.unique(np.asarray(identities)))
