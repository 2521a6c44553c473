"""Trains a hypernetwork."""

from dataclasses import dataclass
from typing import final

import torch
from torch import nn

from masquerade.networks.cloaks.hypernet import HyperNet
from masquerade.training.hyperobf.curve import Point
from masquerade.training.hyperobf.learners import HyperLearner
from masquerade.training.hyperobf.loop import UNWATCHED, Watching, require_people, train
from masquerade.training.hyperobf.measuring import People
from masquerade.training.hyperobf.settings import HyperObfSettings


@final
@dataclass(frozen=True)
class TrainedHyperNet:
    """A trained hypernetwork.

    Args:
        hypernet: The network, in evaluation mode.
        classifier: What its MaskNets were trained under.
        result: The measurement of the moment that was taken.
        curve: All measurements.
    """

    hypernet: HyperNet
    classifier: nn.Linear
    result: Point
    curve: list[Point]


def train_hypernet(
    people: People, settings: HyperObfSettings, seed: int, watching: Watching = UNWATCHED
) -> TrainedHyperNet:
    """Train a hypernetwork, and the classifier that its MaskNets share.

    Args:
        people: Whom to train on, the provider's people.
        settings: How to train.
        seed: Not negative, below 2**63.
        watching: Progress, checkpoints, copies on the way.

    Raises:
        UsageError: If photos do not fit.
        TrainingDiverged: If the loss, or a weight, is not a finite number.
        DeadFeatures: If it ends in nets that see no difference between photos.
        ModelError: If a checkpoint is damaged.
    """
    require_people(people, settings.hypernet.size)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        learner = HyperLearner(settings, people.classes)
    facts = {"kind": "hypernet", "settings": settings.model_dump(mode="json")}
    result, curve = train(learner, people, settings.fit, settings.stopping, facts, seed, watching)
    return TrainedHyperNet(learner.hypernet, learner.classifier, result, curve)
