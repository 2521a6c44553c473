"""Measures MaskNets in the midst of their training."""

from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor

from masquerade.training.hyperobf.curve import Point
from masquerade.training.hyperobf.dead_features import require_live
from masquerade.training.hyperobf.diversity import (
    all_features,
    all_scores,
    feature_distance,
    symmetric_divergence,
)
from masquerade.training.hyperobf.learners import Learner


@final
@dataclass(frozen=True)
class People:
    """Photos to train on, and photos of the same people to measure with.

    Args:
        photos: uint8 ``(n, 3, size, size)``.
        labels: int64 ``(n,)``, 0 to ``classes`` - 1.
        held_photos: As ``photos``.
        held_labels: As ``labels``.
        classes: Number of people.
    """

    photos: Tensor
    labels: Tensor
    held_photos: Tensor
    held_labels: Tensor
    classes: int


@torch.no_grad()
def measure(
    learner: Learner, people: People, nets: int, epoch: int, cross_entropy: float, variance: float
) -> Point:
    """A point of the curve.

    Args:
        learner: What is trained.
        people: Whose held-back photos to measure with.
        nets: MaskNets to compare.
        epoch: Epochs done.
        cross_entropy: Of the training since the last measurement.
        variance: Likewise.

    Raises:
        DeadFeatures: If a net gives the same features for every photo.
    """
    device = learner.classifier.weight.device
    features = all_features(learner.probes(nets), people.held_photos.to(device))
    require_live(features)
    scores = all_scores(features, learner.classifier)
    right = (scores.argmax(2) == people.held_labels.to(device)).double().mean(1)
    alone = len(features) < 2
    return Point(
        epoch=epoch,
        cross_entropy=cross_entropy,
        accuracy=float(right.mean()),
        worst=float(right.min()),
        divergence=0.0 if alone else float(symmetric_divergence(scores).mean()),
        distance=0.0 if alone else float(feature_distance(features).mean()),
        variance=variance,
    )
