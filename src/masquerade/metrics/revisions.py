"""Revisions of metrics: raised by hand where the same guess and truth give another score."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

METRIC_REVISIONS: Mapping[str, int] = MappingProxyType({})
"""By name, where it is not the first."""

OF_USE: Final = (
    "utility",
    "recognition",
    "tar_at_far",
    "cloak_quality",
    "attribute_auc",
    "attribute_agreement",
    "noise_constant_share",
)
"""Metrics of a model, or of what a protection leaves of photos; ``EVERY_METRIC`` has those of a guess."""


def revision_of_metric(name: str) -> int:
    """The revision of the metric called ``name``."""
    return METRIC_REVISIONS.get(name, 1)
