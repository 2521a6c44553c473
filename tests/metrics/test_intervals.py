"""The printed intervals hold the truth as often as they say, with photos of one person alike."""

import numpy as np
import pytest

from masquerade.metrics import intervals
from masquerade.metrics.base import Score
from masquerade.metrics.pooling import pool

SIMULATIONS = 2000


def successes(
    rng: np.random.Generator, p: float, alike: float, trials: np.ndarray, simulations: int = SIMULATIONS
) -> np.ndarray:
    """Hits by identity, ``(simulations, g)``; ``alike`` is the correlation of two photos of one person."""
    shape = (simulations, len(trials))
    if p == 0 or alike == 0:
        person = np.full(shape, p)
    elif alike == 1:
        person = rng.binomial(1, p, shape).astype(float)
    else:
        person = rng.beta(p * (1 / alike - 1), (1 - p) * (1 / alike - 1), shape)
    return rng.binomial(trials.astype(int), person).astype(float)


def sizes(rng: np.random.Generator, people: int, kind: str) -> np.ndarray:
    if kind == "unequal":
        return np.clip(rng.geometric(0.15, people), 1, 60).astype(float)
    return np.full(people, float(kind))


@pytest.mark.parametrize("p", [0.0, 0.001, 0.01, 0.5])
@pytest.mark.parametrize("alike", [0.0, 0.3, 0.9, 1.0])
@pytest.mark.parametrize("kind", ["1", "10", "unequal"])
@pytest.mark.parametrize("people", [5, 40, 158])
def test_coverage_of_shares(p: float, alike: float, kind: str, people: int) -> None:
    rng = np.random.default_rng(7)
    trials = sizes(rng, people, kind)
    low, high = intervals.shares(successes(rng, p, alike, trials), trials)
    assert np.mean((low <= p) & (p <= high)) >= 0.94


def test_the_coverage_test_can_fail() -> None:
    """Photos taken for people of their own cover far too seldom."""
    rng = np.random.default_rng(7)
    trials = np.full(40, 10.0)
    hits = successes(rng, 0.5, 0.9, trials)
    low, high = intervals.beta_interval(
        hits.sum(1) / 400,
        np.full(len(hits), 0.25 / 400),
        n=400,
        groups=400,
        floor=400,
        rarer=np.full(len(hits), 400),
    )
    assert np.mean((low <= 0.5) & (high >= 0.5)) < 0.7


def test_zero_and_one_are_not_certain() -> None:
    people = np.repeat(np.arange(40), 10)
    low, high = intervals.share(np.zeros(400), people)
    assert low == 0
    assert high == pytest.approx(1 - 0.025 ** (1 / 40), rel=1e-6)  # none of 40 people, not none of 400 photos
    low, high = intervals.share(np.ones(400), people)
    assert (low, high) == (pytest.approx(0.025 ** (1 / 40)), 1)


def test_independent_photos_give_clopper_pearson_almost() -> None:
    low, high = intervals.share(np.arange(1000) % 2, np.arange(1000))
    assert (low, high) == (pytest.approx(0.4685, abs=2e-3), pytest.approx(0.5315, abs=2e-3))


def test_one_person_says_little() -> None:
    low, high = intervals.share(np.ones(1000), np.zeros(1000))
    assert low < 0.05
    assert high == 1
    assert intervals.mean(np.arange(9.0), np.zeros(9), (0, 100)) == (0, 100)


@pytest.mark.parametrize("people", [5, 12, 40])
def test_coverage_of_means(people: int) -> None:
    rng = np.random.default_rng(3)
    labels = np.repeat(np.arange(people), 6)
    held = []
    for _ in range(400):
        values = 20 + 3 * rng.normal(size=people)[labels] + 2 * rng.normal(size=len(labels))
        low, high = intervals.mean(values, labels, (-100, 100))
        held.append(low <= 20 <= high)
    assert np.mean(held) >= 0.91  # 0.94 less three standard errors of 400 simulations


@pytest.mark.parametrize(("repetitions", "between"), [(1, 0.0), (2, 0.0), (2, 0.05), (3, 0.05), (5, 0.05)])
@pytest.mark.parametrize("alike", [0.1, 0.9])
def test_coverage_of_pooling(repetitions: int, between: float, alike: float) -> None:
    """The same people in each repetition, some harder than others, and repetitions that differ."""
    rng = np.random.default_rng(11)
    trials = np.full(40, 10.0)
    person = rng.beta(0.5 * (1 / alike - 1), 0.5 * (1 / alike - 1), (SIMULATIONS, 40))
    runs = []
    for _ in range(repetitions):
        shifted = np.clip(person + between * rng.normal(size=(SIMULATIONS, 1)), 0, 1)
        hits = rng.binomial(10, shifted).astype(float)
        runs.append((hits.sum(1) / 400, *intervals.shares(hits, trials)))
    held = []
    for i in range(SIMULATIONS):
        pooled = pool([score(float(value[i]), float(low[i]), float(high[i])) for value, low, high in runs])
        held.append(pooled.low <= 0.5 <= pooled.high)
    assert np.mean(held) >= 0.94


def score(value: float, low: float, high: float) -> Score:
    return Score("linkage", value, 0.1, low, high, 100, 40)


def test_pooling_the_same_run_again_makes_nothing_surer() -> None:
    one = score(0.4, 0.3, 0.55)
    pooled = pool([one] * 10)
    assert (pooled.value, pooled.low, pooled.high) == pytest.approx((0.4, 0.3, 0.55))
    assert (pooled.n, pooled.identities) == (1000, 40)


def test_pooled_shares_stay_shares() -> None:
    pooled = pool([score(0.0, 0.0, 0.1), score(0.9, 0.8, 1.0)])
    assert (pooled.low, pooled.high) == (0, 1)
