"""Trains MaskNets one by one: one for all users, an ensemble, or one with dropout."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import final

import numpy as np
import torch
from torch import nn

from masquerade.networks.cloaks.masknet import MaskNet
from masquerade.training.hyperobf.curve import Point
from masquerade.training.hyperobf.learners import SeparateLearner
from masquerade.training.hyperobf.loop import UNWATCHED, Watching, require_people, train
from masquerade.training.hyperobf.measuring import People
from masquerade.training.hyperobf.settings import EarlyStopping, SeparateSettings


@final
@dataclass(frozen=True)
class TrainedMaskNet:
    """A MaskNet trained by itself.

    Args:
        masknet: The network.
        classifier: What it was trained under.
        result: The measurement of the end of the training.
        curve: All measurements.
    """

    masknet: MaskNet
    classifier: nn.Linear
    result: Point
    curve: list[Point]


def train_masknet(
    people: People, settings: SeparateSettings, seed: int, watching: Watching = UNWATCHED
) -> TrainedMaskNet:
    """Train one MaskNet: the static system's; with ``settings.dropout``, that of Monte Carlo dropout.

    Args:
        people: Whom to train on, the provider's people.
        settings: How to train.
        seed: Not negative, below 2**63.
        watching: Progress, checkpoints, copies on the way.

    Raises:
        UsageError: If photos do not fit.
        TrainingDiverged: If the loss, or a weight, is not a finite number.
        DeadFeatures: If it ends in a net that sees no difference between photos.
        ModelError: If a checkpoint is damaged.
    """
    require_people(people, settings.size)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        learner = SeparateLearner(settings, people.classes)
    facts = {"kind": "masknet", "settings": settings.model_dump(mode="json")}
    stopping = EarlyStopping(every=settings.every, patience=0)
    result, curve = train(learner, people, settings.fit, stopping, facts, seed, watching)
    return TrainedMaskNet(learner.masknet(), learner.classifier, result, curve)


def train_ensemble(
    people: People, settings: SeparateSettings, seed: int, count: int = 10, watching: Watching = UNWATCHED
) -> list[TrainedMaskNet]:
    """Train MaskNets that have nothing in common but the photos: weights, order and classifier are each one's own.

    Args:
        people: Whom to train on, the provider's people.
        settings: How to train each.
        seed: Not negative, below 2**63; each net's own is derived from it.
        count: Nets; the thesis has ten.
        watching: Progress of all; each net has a checkpoint of its own beside the one named, with its number
            added, so that a net that is done is not trained again.

    Raises:
        UsageError: As ``train_masknet``; likewise the others.
    """
    seeds = [int(number >> 1) for number in np.random.SeedSequence(seed).generate_state(count, np.uint64)]
    return [
        train_masknet(people, settings, own, _watching_one(watching, i, count)) for i, own in enumerate(seeds)
    ]


def member_checkpoint(checkpoint: Path, member: int) -> Path:
    """The checkpoint of one net of an ensemble."""
    return checkpoint.with_name(f"{checkpoint.name}-{member}")


def _watching_one(watching: Watching, member: int, count: int) -> Watching:
    told = watching.told
    return replace(
        watching,
        told=told and (lambda done, total, words: told(member * total + done, count * total, words)),
        checkpoint=watching.checkpoint and member_checkpoint(watching.checkpoint, member),
    )
