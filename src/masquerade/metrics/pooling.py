"""One number over repetitions, with an interval that does not take repetitions for new people."""

from collections.abc import Sequence

import numpy as np
from scipy import special

from masquerade.metrics.base import Score


def pool(scores: Sequence[Score]) -> Score:
    """Mean over repetitions, each with its own key and seed, on the same people.

    The same people recur in each repetition, so averaging does not make the sampling of people any surer: its
    part of the variance is the mean of the repetitions', not divided by their number. What keys and seeds add
    is the variance between repetitions, divided by their number. The two add up, with Student's quantile at
    Welch and Satterthwaite's degrees of freedom; each side of the interval is treated by itself.

    Args:
        scores: One a repetition, of the same metric.

    Returns:
        A score with ``n`` summed over repetitions and the ``identities`` of one.
    """
    values = np.array([score.value for score in scores])
    value = float(values.mean())
    people = max(score.identities for score in scores)
    below = float(np.mean([score.value - score.low for score in scores]))
    above = float(np.mean([score.high - score.value for score in scores]))
    floor = 0.0 if min(score.low for score in scores) >= 0 else -np.inf
    roof = 1.0 if max(score.high for score in scores) <= 1 else np.inf
    low = max(value - _reach(below, values, people), floor)
    high = min(value + _reach(above, values, people), roof)
    chance = float(np.mean([score.chance for score in scores]))
    n = sum(score.n for score in scores)
    return Score(scores[0].name, value, chance, low, high, n, people, *_same(scores, values, floor, roof))


def _same(
    scores: Sequence[Score], values: np.ndarray[tuple[int], np.dtype[np.float64]], floor: float, roof: float
) -> tuple[float | None, float | None]:
    """The interval for these people with other keys and splits; none from one repetition, which shows neither."""
    ends = [
        (score.value - score.same_low, score.same_high - score.value)
        for score in scores
        if score.same_low is not None and score.same_high is not None
    ]
    if len(ends) < max(2, len(scores)):
        return None, None
    below, above = (float(side) for side in np.mean(ends, axis=0))
    value, n = float(values.mean()), min(score.n for score in scores)
    return max(value - _reach(below, values, n), floor), min(value + _reach(above, values, n), roof)


def _reach(side: float, values: np.ndarray[tuple[int], np.dtype[np.float64]], people: int) -> float:
    """How far one side of the interval reaches, from one repetition's reach and the values of all."""
    repetitions = len(values)
    between = float(values.var(ddof=1)) / repetitions if repetitions > 1 else 0.0
    if between == 0:
        return side
    sampling = (side / 1.96) ** 2
    total = sampling + between
    freedom = total**2 / (sampling**2 / max(people - 1, 1) + between**2 / (repetitions - 1))
    return max(side, float(special.stdtrit(freedom, 0.975) * np.sqrt(total)))
