"""Metrics: pure functions from a guess and the truth to a score, each with chance and a 95 % interval."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from masquerade.guesses import Guess
from masquerade.metrics.base import Score, Truth
from masquerade.metrics.people.class_membership import class_membership, welch_p_value
from masquerade.metrics.people.cloak_detection import cloak_detection, detection
from masquerade.metrics.people.eval_acc import eval_acc
from masquerade.metrics.people.eval_acc_trained import eval_acc_trained
from masquerade.metrics.people.fano import entropy, fano_factor, label_agreement, soft_label_agreement
from masquerade.metrics.people.identification import identification
from masquerade.metrics.people.linkage import linkage
from masquerade.metrics.people.membership import membership_auc, tpr_at_1_percent, tpr_at_tenth_percent
from masquerade.metrics.people.rank1 import rank1, recognition
from masquerade.metrics.people.tracked import tracked, tracked_cloaked, tracked_others
from masquerade.metrics.people.verification import tar_at_far
from masquerade.metrics.pictures.cloak_quality import cloak_quality
from masquerade.metrics.pictures.energy_removed import energy_removed
from masquerade.metrics.pictures.epsilon_pii import epsilon_pii
from masquerade.metrics.pictures.feature_cosine import feature_cosine
from masquerade.metrics.pictures.perceptual_indistinguishability import (
    Indistinguishability,
    perceptual_indistinguishability,
)
from masquerade.metrics.pictures.psnr import psnr
from masquerade.metrics.pictures.ssim import ssim
from masquerade.metrics.pooling import pool
from masquerade.metrics.tasks.attribute_auc import attribute_agreement, attribute_auc
from masquerade.metrics.tasks.noise_constant_share import noise_constant_share
from masquerade.metrics.tasks.utility import utility
from masquerade.promises import Question

Metric = Callable[[Guess, Truth], Score]

EVERY_METRIC: Mapping[str, Metric] = MappingProxyType(
    {
        "linkage": linkage,
        "rank1": rank1,
        "psnr": psnr,
        "ssim": ssim,
        "identification": identification,
        "membership_auc": membership_auc,
        "membership_tpr_1_percent": tpr_at_1_percent,
        "membership_tpr": tpr_at_tenth_percent,
        "class_membership": class_membership,
        "tracked": tracked,
        "tracked_others": tracked_others,
        "tracked_cloaked": tracked_cloaked,
        "energy_removed": energy_removed,
        "cloak_detection": cloak_detection,
        "detection": detection,
        "eval_acc": eval_acc,
        "eval_acc_trained": eval_acc_trained,
        "feature_cosine": feature_cosine,
        "epsilon_pii": epsilon_pii,
    }
)
"""Every metric of a guess by the name that studies and scores use; ``utility`` is that of a model."""

_OF_THE_PHOTO: Final = frozenset(
    {
        "linkage",
        "psnr",
        "ssim",
        "membership_auc",
        "membership_tpr",
        "membership_tpr_1_percent",
        "energy_removed",
        "cloak_detection",
        "detection",
        "feature_cosine",
    }
)


def question_of(metric: str) -> Question:
    """Which of the two questions a metric answers."""
    return "photo" if metric in _OF_THE_PHOTO else "person"


__all__ = [
    "EVERY_METRIC",
    "Indistinguishability",
    "Metric",
    "Question",
    "Score",
    "Truth",
    "attribute_agreement",
    "attribute_auc",
    "class_membership",
    "cloak_detection",
    "cloak_quality",
    "detection",
    "energy_removed",
    "entropy",
    "epsilon_pii",
    "eval_acc",
    "eval_acc_trained",
    "fano_factor",
    "feature_cosine",
    "identification",
    "label_agreement",
    "linkage",
    "membership_auc",
    "noise_constant_share",
    "perceptual_indistinguishability",
    "pool",
    "psnr",
    "question_of",
    "rank1",
    "recognition",
    "soft_label_agreement",
    "ssim",
    "tar_at_far",
    "tracked",
    "tracked_cloaked",
    "tracked_others",
    "utility",
    "welch_p_value",
]
