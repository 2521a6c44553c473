"""The cloud's job: from a released folder to a model file, without any key."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Any, final

import torch
from torch import Tensor

from masquerade.data.splits import within_identity
from masquerade.errors import UsageError
from masquerade.files.kinds import Kind
from masquerade.networks import Network
from masquerade.progress import TrainingProgress
from masquerade.released import Manifest, ReleasedDataset
from masquerade.training.defaults import fitting_settings
from masquerade.training.inference import probabilities
from masquerade.training.loop import CHECKPOINT_SECONDS, fit_source
from masquerade.training.model_file import ModelCard, save_model
from masquerade.training.output import training_to
from masquerade.training.precision import Precision
from masquerade.training.settings import Settings
from masquerade.training.sources import ImageSource, InMemory, Rows

_MOST_CLASSES_AN_IMAGE = 100
CONFIDENCES = 1000
"""Numbers in a model's card, at most."""
HELD_BACK = 0.1
"""Share of each class's images that the accuracy is measured on, and that are not trained on."""


@final
@dataclass(frozen=True)
class TrainSummary:
    """What ``train_released`` did.

    Args:
        model: The model file.
        settings: How it was trained.
        classes: Number of classes.
        images: Images trained on.
        held_back: Images that the accuracy was measured on.
        accuracy: Share of them classified rightly, 0 to 1; None if none were held back.
        chance: What always naming the commonest class would score on them.
        parameters: Numbers in the network that training changed.
        device: Where it was trained.
        seconds: Time taken by this run, without what an interrupted one took before.
    """

    model: Path
    settings: Settings
    classes: int
    images: int
    held_back: int
    accuracy: float | None
    chance: float | None
    parameters: int
    device: str
    seconds: float


def train_released(
    folder: Path,
    out: Path,
    *,
    network: str | None = None,
    settings: Settings | None = None,
    seed: int = 0,
    precision: Precision | None = None,
    resume: bool = True,
    progress: TrainingProgress | None = None,
    checkpoint_seconds: float = CHECKPOINT_SECONDS,
    overwrite: bool = False,
) -> TrainSummary:
    """Train a network on a released data set and write it as a model file.

    A tenth of each class is held back and measured on. While training runs, its state is kept in a file
    beside the model (``.checkpoint``), from which an interrupted job goes on.

    Args:
        folder: The released data set.
        out: The model file to write; an earlier model is replaced.
        network: Name of a network, to replace the one that fits the data's recipe.
        settings: How to train; by itself what fits the data's recipe and shape.
        seed: Seed of weights, order and what is held back.
        precision: Instead of that of the settings; the model's card says which.
        resume: Whether to go on from a checkpoint, if there is one; otherwise it is discarded.
        progress: Told how far training has come.
        checkpoint_seconds: Least time between two checkpoints.
        overwrite: Whether a file of another kind may be replaced that stands there.

    Raises:
        ReleasedError: If the data set is damaged, unfinished or of a newer format.
        UsageError: If there is too little to train on, settings do not fit, or training diverges; if ``out`` cannot be
            written, or is something else.
        ModelError: If the checkpoint is damaged.
        JobBusy: If another process trains to ``out``.
        WriteFailed: If the disk refuses.
    """
    start = monotonic()
    with training_to(out, Kind.MODEL, resume=resume, overwrite=overwrite) as checkpoint:
        released = ReleasedDataset(folder)
        settings = with_network(settings, network) or fitting_settings(released.manifest, network)
        if precision is not None:
            settings = settings.model_copy(update={"precision": precision})
        require_images(released)
        done = train_part_of(
            partial(rows_of, released),
            released.labels,
            released.classes,
            settings,
            seed,
            progress=progress,
            checkpoint=checkpoint,
            checkpoint_seconds=checkpoint_seconds,
        )
        save_model(out, done.network, card_of(done, released.manifest))
    return TrainSummary(
        model=out,
        settings=settings,
        classes=released.classes,
        images=done.images,
        held_back=done.held_back,
        accuracy=done.accuracy,
        chance=done.chance,
        parameters=done.network.count_parameters(),
        device=str(done.network.norm.mean.device),
        seconds=monotonic() - start,
    )


@final
@dataclass(frozen=True, eq=False)
class TrainedClassifier:
    """A network, and how it fared on the images that were held back.

    Args:
        network: In evaluation mode, on the device it was trained on.
        settings: How it was trained.
        images: Images trained on.
        held_back: Images that the accuracy was measured on.
        accuracy: Share of them classified rightly, 0 to 1; None if none were held back.
        chance: What always naming the commonest class would score on them.
        confidences: Probability of the right class of each that was classified rightly, ascending.
    """

    network: Network
    settings: Settings
    images: int
    held_back: int
    accuracy: float | None
    chance: float | None
    confidences: Tensor


def train_part_of(
    part: Callable[[Tensor], ImageSource],
    labels: Tensor,
    classes: int,
    settings: Settings,
    seed: int,
    *,
    progress: TrainingProgress | None = None,
    checkpoint: Path | None = None,
    checkpoint_seconds: float = CHECKPOINT_SECONDS,
) -> TrainedClassifier:
    """Train on nine tenths of each class, and measure on the rest.

    Args:
        part: Gives the images and labels at some rows.
        labels: Of all rows, int64 ``(n,)``, 0 to ``classes`` - 1.
        classes: Number of classes.
        settings: How to train.
        seed: Seed of weights, order and what is held back.
        progress: Told how far training has come.
        checkpoint: File to keep the state in, and to go on from if it exists.
        checkpoint_seconds: Least time between two checkpoints.

    Raises:
        UsageError: If there is too little to train on.
        TrainingDiverged: If the loss, or a weight, is not a finite number.
        ModelError: If the checkpoint is damaged.
    """
    train, held = hold_back(labels, seed)
    source, held_source = part(train), part(held)
    network = fit_source(
        source,
        settings,
        classes,
        seed,
        progress=progress,
        checkpoint=checkpoint,
        checkpoint_seconds=checkpoint_seconds,
    )
    confidences = _confidences(network, held_source)
    return TrainedClassifier(
        network=network,
        settings=settings,
        images=len(train),
        held_back=len(held),
        accuracy=len(confidences) / len(held) if len(held) else None,
        chance=_chance(held_source.labels),
        confidences=confidences,
    )


def hold_back(labels: Tensor, seed: int) -> tuple[Tensor, Tensor]:
    """Rows to train on and rows held back, a tenth of each class; classes of one image hold none back.

    Raises:
        UsageError: If there are fewer than two images to train on.
    """
    if len(labels) < 2:
        raise UsageError(
            "too few images to train on", value=len(labels), remedy="Release two images or more."
        )
    enough = torch.bincount(labels)[labels] >= 2
    divisible = enough.nonzero().flatten()
    if not len(divisible):
        return torch.arange(len(labels)), divisible
    train, held = within_identity(labels[divisible], HELD_BACK, seed)
    single = (~enough).nonzero().flatten()
    return torch.cat([divisible[train], single]).sort().values, divisible[held]


def require_images(released: ReleasedDataset) -> None:
    """Pass if there are images for the classes: a network takes memory for each, and a claim costs nothing.

    Raises:
        UsageError: If there are far too few.
    """
    if released.classes > _MOST_CLASSES_AN_IMAGE * len(released.labels) + _MOST_CLASSES_AN_IMAGE:
        raise UsageError(
            "far more classes than images",
            value=f"{released.classes:,} classes, {len(released.labels):,} images",
            place=released.folder,
            remedy="Ask the owner whether the manifest is right.",
        )


def with_network(settings: Settings | None, network: str | None) -> Settings | None:
    """Settings with another network, which then has its own options; None where nothing but the data decides."""
    if settings is None or network in (None, settings.network):
        return settings
    return Settings.read({**settings.model_dump(), "network": network, "options": {}})


def rows_of(released: ReleasedDataset, rows: Tensor) -> ImageSource:
    """The rows in memory if they take less than half of what is free there, else read when asked for."""
    mapped = Rows(released, rows)
    c, h, w = released.shape
    if 4 * c * h * w * len(rows) > _free_memory() // 2:
        return mapped
    return InMemory(mapped.images(torch.arange(len(rows))), mapped.labels)


def _free_memory() -> int:
    try:
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return 4 << 30


def _confidences(network: Network, held: ImageSource, batch_size: int = 256) -> Tensor:
    """Probability of the right class of each image that it is the most probable one of, ascending."""
    right = [torch.empty(0)]
    for rows in torch.split(torch.arange(len(held.labels)), batch_size):
        best = probabilities(network, held.images(rows)).max(1)
        right.append(best.values[best.indices == held.labels[rows]])
    return torch.cat(right).sort().values


def _few(values: Tensor) -> tuple[float, ...]:
    """Ascending values, or as many quantiles as a card has room for."""
    if len(values) > CONFIDENCES:
        values = values[torch.linspace(0, len(values) - 1, CONFIDENCES).round().long()]
    return tuple(round(value, 6) for value in values.tolist())


def _chance(labels: Tensor) -> float | None:
    return float(torch.bincount(labels).max()) / len(labels) if len(labels) else None


def card_of(done: TrainedClassifier, manifest: Manifest | None, **facts: Any) -> ModelCard:  # noqa: ANN401 - pydantic checks them
    """The card of a trained network.

    Args:
        done: The network, and how it fared.
        manifest: Of the data set that it was trained on; None for images without one.
        facts: Further facts by field name.
    """
    from_manifest: dict[str, Any] = {}
    if manifest is not None:
        names = ("recipe", "disguise", "key_fingerprint", "derivation_check", "dataset_id", "faces")
        from_manifest = {name: getattr(manifest, name) for name in names}
    measured: dict[str, Any] = {
        "validation_accuracy": done.accuracy,
        "held_back": done.held_back,
        "confidences": _few(done.confidences),
    }
    return ModelCard.of(done.network, settings=done.settings, **from_manifest, **measured, **facts)
