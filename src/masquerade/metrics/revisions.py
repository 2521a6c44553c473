"""Revisions of metrics: raised by hand where the same guess and truth give another score."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

_BY_PERSON: Final = (
    "linkage",
    "rank1",
    "psnr",
    "ssim",
    "identification",
    "membership_auc",
    "membership_tpr_1_percent",
    "membership_tpr",
    "class_membership",
    "cloak_detection",
    "eval_acc",
    "eval_acc_trained",
    "feature_cosine",
)
"""Means over people since the second revision, over photos before."""

METRIC_REVISIONS: Mapping[str, int] = MappingProxyType(dict.fromkeys(_BY_PERSON, 2))
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


INTERVALS: Final = "intervals"
"""What every score's interval is drawn by: it has a revision of its own."""


def revision_of_metric(name: str) -> int:
    """The revision of the metric called ``name``."""
    return METRIC_REVISIONS.get(name, 1)
