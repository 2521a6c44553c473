"""A small face recogniser of one's own: a ResNet with a cosine head and a margin, on public people."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import torch
from torch import Tensor

from masquerade.encoders.recogniser_file import RecogniserCard, recogniser_bytes
from masquerade.errors import UsageError
from masquerade.files.durable import write_durably
from masquerade.networks.resnet import ResNet18, ResNet18Options
from masquerade.progress import TrainingProgress
from masquerade.training.loop import fit_source
from masquerade.training.settings import Augmentation, OptionValue, Settings
from masquerade.training.sources import InMemory

_OPTIONS: Final[Mapping[str, OptionValue]] = {"width": 20, "head": "cosine", "scale": 24.0}
_MARGIN: Final = 0.2
"""CosFace's margin in units of the cosine; small, since most people here have few photos."""


def recogniser_settings(
    steps: int, *, batch_size: int = 64, options: Mapping[str, OptionValue] = _OPTIONS, shift: int = 4
) -> Settings:
    """Settings of a recogniser: CosFace (Wang et al. 2018) with random shifts, mirrors and a little noise.

    Args:
        steps: Batches.
        batch_size: Photos in a batch.
        options: Options of ``resnet18``.
        shift: Largest shift of a photo in pixels.
    """
    return Settings(
        network="resnet18",
        options=dict(options),
        steps=steps,
        batch_size=batch_size,
        optimiser="adamw",
        learning_rate=2e-3,
        schedule="one_cycle",
        weight_decay=0.05,
        margin=_MARGIN * float(options.get("scale") or 16.0) if options.get("head") == "cosine" else 0.0,
        averaging=0.99,
        precision="bfloat16",
        augmentation=Augmentation(shift=shift, flip=True, noise=0.1),
    )


def train_recogniser(
    images: Tensor,
    labels: Tensor,
    settings: Settings,
    seed: int,
    *,
    progress: TrainingProgress | None = None,
    checkpoint: Path | None = None,
) -> ResNet18:
    """Train a recogniser on public people.

    Args:
        images: uint8 ``(n, 3, side, side)``, faces aligned.
        labels: Person of each, int64 ``(n,)``, numbered from 0 without gaps.
        settings: How to train, ``recogniser_settings`` for instance.
        seed: Seed of weights, order and augmentation.
        progress: Told how far training has come.
        checkpoint: File to keep the state in, and to go on from if it exists.

    Returns:
        The network in evaluation mode, on the processor.

    Raises:
        UsageError: If the network is no ResNet.
        TrainingDiverged: If the loss, or a weight, is not a finite number.
        ModelError: If the checkpoint is damaged.
    """
    classes = int(labels.max()) + 1
    source = InMemory(images, labels)
    network = fit_source(source, settings, classes, seed, progress=progress, checkpoint=checkpoint)
    if not isinstance(network, ResNet18):
        raise UsageError("a recogniser is a ResNet", value=settings.network, remedy="Name resnet18.")
    return network.to(torch.device("cpu"))


def save_recogniser(path: Path, network: ResNet18, card: RecogniserCard) -> None:
    """Write a recogniser file; one that is there is replaced whole or not at all.

    Raises:
        ModelError: As ``recogniser_bytes``.
        WriteFailed: If the disk refuses.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    write_durably(path, [recogniser_bytes(network, card)])


def card_of(
    name: str, network: ResNet18, settings: Settings, seed: int, labels: Tensor, licence: str
) -> RecogniserCard:
    """The card of a network that ``train_recogniser`` gave."""
    assert isinstance(network.options, ResNet18Options)  # noqa: S101  (a ResNet18 has these)
    return RecogniserCard(
        name=name,
        options=network.options,
        side=network.shape[1],
        training={"method": "CosFace", "seed": seed, **settings.model_dump(mode="json")},
        photos=len(labels),
        people=len(torch.unique(labels)),
        licence=licence,
    )
