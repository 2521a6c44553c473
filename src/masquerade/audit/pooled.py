"""Pieces of several repetitions as one measurement."""

from typing import Any

from masquerade.audit.results import Measurement, Run
from masquerade.metrics import Score, pool


def pooled(pieces: list[dict[str, Any]], metric: str, seeds: list[int]) -> Measurement | None:
    """One metric over all repetitions that measured it; None if none did."""
    scores = [piece["scores"][metric] for piece in pieces if metric in piece["scores"]]
    return _measured(scores, seeds) if scores else None


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
        runs=[
            Run(seed=seed, value=score.value, low=score.low, high=score.high)
            for seed, score in zip(seeds, every, strict=False)
        ],
    )
