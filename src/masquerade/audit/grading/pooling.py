"""Pieces of several repetitions as one measurement, and their negative controls."""

from typing import Any

from masquerade.audit.results import Measurement, NegativeControl, Run
from masquerade.metrics import Score, pool
from masquerade.metrics.scale import TWO_SIDED


def pooled(pieces: list[dict[str, Any]], metric: str, seeds: list[int]) -> Measurement | None:
    """One metric over all repetitions that measured it; None if none did."""
    scores = [piece["scores"][metric] for piece in pieces if metric in piece["scores"]]
    return _measured(scores, seeds) if scores else None


def negative_controls(
    pieces: list[dict[str, Any]], metrics: list[str], seeds: list[int]
) -> list[NegativeControl]:
    """What the guesses of all repetitions score against a shuffled truth, for each metric that can be shuffled.

    It fails where the whole interval is above chance; of a metric that is told on both sides, also below it.
    """
    controls = []
    for metric in metrics:
        scores = [piece["shuffled"][metric] for piece in pieces if metric in piece.get("shuffled", {})]
        if scores:
            m = _measured(scores, seeds)
            passed = m.low <= m.chance and (metric not in TWO_SIDED or m.high >= m.chance)
            ends = {"value": m.value, "chance": m.chance, "low": m.low, "high": m.high}
            controls.append(NegativeControl(metric=metric, passed=passed, **ends))
    return controls


def _measured(scores: list[dict[str, Any]], seeds: list[int]) -> Measurement:
    every = [Score(**score) for score in scores]
    whole = pool(every)
    return Measurement(
        metric=whole.name,
        value=whole.value,
        chance=whole.chance,
        low=whole.low,
        high=whole.high,
        n=whole.n,
        identities=whole.identities,
        same_low=whole.same_low,
        same_high=whole.same_high,
        runs=[
            Run(seed=seed, value=score.value, low=score.low, high=score.high)
            for seed, score in zip(seeds, every, strict=False)
        ],
    )
