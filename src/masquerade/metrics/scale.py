"""How far the numbers of a metric reach, so that leaks of different metrics compare."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

MOST: Final[Mapping[str, float]] = MappingProxyType({"psnr": 30.0})
"""What counts as all, where that is not 1: from 30 dB on an eye sees little difference at the sizes used here."""

TWO_SIDED: Final = frozenset({"membership_auc", "class_membership", "cloak_detection", "detection"})
"""Metrics on which an attack may be wrong more often than a coin: it is then right with its sign turned."""

MEANS: Final = frozenset({"psnr", "ssim", "feature_cosine", "energy_removed"})
"""Metrics that are means of numbers, not shares of trials."""

NO_LEAK: Final = frozenset({"epsilon_pii", "tracked_others", "detection"})
"""Numbers that stand beside a leak and are none: a distance to a prior, what trackers make of bystanders, and that
something is protected at all, which only cloaks mean to hide."""


def most_of(metric: str) -> float:
    """The score that counts as all there is to get: 1 unless said otherwise."""
    return MOST.get(metric, 1.0)
