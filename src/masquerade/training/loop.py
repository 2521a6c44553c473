"""The one training loop: a classifier over images, reproducible from its seed, resumable at any step.

Every random number is a function of the training's seed and the step (or epoch) it is drawn in. So a training
that was stopped and goes on draws the same ones, and no generator's state needs keeping.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from time import monotonic
from typing import Any

import numpy as np
import torch
from torch import Tensor

from masquerade.errors import UsageError
from masquerade.networks import Network, build
from masquerade.progress import TrainingProgress
from masquerade.training.checkpoint import SavedProgress, load_checkpoint, read_progress, save_checkpoint
from masquerade.training.precision import best_device, resolve_precision
from masquerade.training.settings import Settings
from masquerade.training.sources import ImageSource, InMemory
from masquerade.training.steps import Trainer

Transform = Callable[[Tensor], Tensor]
"""Raw images ``(n, c, h, w)`` in, the images to train on out."""

CHECKPOINT_SECONDS = 60.0
"""Time between two checkpoints, unless told otherwise."""
_SUM_TOLERANCE = 1e-3
_NORM_IMAGES = 8192
"""Images that the input's mean and deviation are taken from, at most."""


def fit(
    images: Tensor,
    labels: Tensor,
    settings: Settings,
    classes: int,
    rng: np.random.Generator,
    *,
    transform: Transform | None = None,
    progress: TrainingProgress | None = None,
    checkpoint: Path | None = None,
) -> Network:
    """Train a network on images in memory; see ``fit_source``.

    Args:
        images: Raw values ``(n, c, h, w)``, uint8 or floating.
        labels: int64 ``(n,)``, 0 to ``classes`` - 1; or soft targets, floating ``(n, classes)``.
        settings: How to train.
        classes: Number of classes.
        rng: One number is drawn from it, the seed of everything else.
        transform: Applied to each raw batch, for instance a disguise under a fresh key.
        progress: Told how far training has come, after each step that was looked at.
        checkpoint: File to keep the state in, and to go on from if it exists.

    Returns:
        The trained network in evaluation mode, on the device it was trained on.

    Raises:
        UsageError: If settings, images and labels do not fit together.
        TrainingDiverged: If the loss, or a weight, is not a finite number.
        ModelError: If the checkpoint is damaged.
    """
    source = InMemory(images, labels)
    seed = int(rng.integers(2**63))
    return fit_source(
        source, settings, classes, seed, transform=transform, progress=progress, checkpoint=checkpoint
    )


def fit_source(
    source: ImageSource,
    settings: Settings,
    classes: int,
    seed: int,
    *,
    transform: Transform | None = None,
    progress: TrainingProgress | None = None,
    checkpoint: Path | None = None,
    checkpoint_seconds: float = CHECKPOINT_SECONDS,
) -> Network:
    """Train a network on a source of images.

    The same seed, settings, data, software and number of threads give the same weights, stopped and resumed
    or not. A ``transform`` with a state of its own is not put back when resuming.

    Args:
        source: Training images and labels.
        settings: How to train.
        classes: Number of classes.
        seed: Not negative, below 2**63.
        transform: Applied to each raw batch.
        progress: Told how far training has come.
        checkpoint: File to keep the state in, and to go on from if it exists.
        checkpoint_seconds: Least time between two checkpoints; one more is written at the end.

    Returns:
        The trained network in evaluation mode, on the device it was trained on.

    Raises:
        UsageError: If settings, images and labels do not fit together.
        TrainingDiverged: If the loss, or a weight, is not a finite number.
        ModelError: If the checkpoint is damaged.
    """
    _require_labels(source.labels, classes)
    device = best_device()
    job = _job(source, settings, classes, seed)
    found = read_progress(checkpoint, job) if checkpoint else None
    precision = found.precision if found else resolve_precision(settings.precision, device)
    total = settings.total_steps(len(source.labels))
    with _own_randomness(seed, device):
        network = _new_network(source, settings, classes, seed, transform).to(device)
        trainer = Trainer(network, settings, total, seed, precision, transform)
        if checkpoint and found:
            trainer.prepare_state()
            load_checkpoint(checkpoint, network, trainer.optimiser, trainer.average)
        saved = monotonic()
        for step in range(found.step if found else 0, total):
            seen = trainer.take(step, source)
            if seen and progress:
                progress(step + 1, total, *seen)
            due = monotonic() - saved >= checkpoint_seconds
            if checkpoint and (due or step + 1 == total):
                save_checkpoint(
                    checkpoint,
                    SavedProgress(step + 1, precision, job),
                    network,
                    trainer.optimiser,
                    trainer.average,
                )
                saved = monotonic()
    return trainer.finish()


def _require_labels(labels: Tensor, classes: int) -> None:
    if labels.is_floating_point():
        _require_shares(labels, classes)
    elif labels.ndim != 1 or len(labels) < 2 or int(labels.min()) < 0 or int(labels.max()) >= classes:
        raise UsageError(
            "training needs two images or more, with labels of 0 to classes - 1",
            value=f"{len(labels)} images, {classes} classes",
            remedy="Number the labels from 0, without gaps.",
        )


def _require_shares(targets: Tensor, classes: int) -> None:
    fit = targets.ndim == 2 and targets.shape[1] == classes and len(targets) > 1
    # Put so that what is no number fails too.
    if not (fit and (targets >= 0).all() and ((targets.sum(1) - 1).abs() < _SUM_TOLERANCE).all()):
        raise UsageError(
            "soft targets are a share of each class for two images or more, not negative, each row summing to 1",
            value=f"{tuple(targets.shape)} for {classes} classes",
            remedy="Divide each row by its sum.",
        )


@contextmanager
def _own_randomness(seed: int, device: torch.device) -> Iterator[None]:
    """Seed torch inside, and leave its generators and switches outside as they were."""
    cuda = [torch.cuda.current_device()] if device.type == "cuda" else []
    with torch.random.fork_rng(devices=cuda), torch.backends.cudnn.flags(deterministic=True, benchmark=False):
        torch.manual_seed(seed)
        yield


def _new_network(
    source: ImageSource, settings: Settings, classes: int, seed: int, transform: Transform | None
) -> Network:
    """A network with fresh weights, its input normalisation fitted to (transformed) training images."""
    rows = np.random.default_rng([seed, 0]).permutation(len(source.labels))[:_NORM_IMAGES]
    parts = torch.split(torch.from_numpy(np.sort(rows)), 256)
    batches = (transform(source.images(part)) if transform else source.images(part) for part in parts)
    first = next(batches)
    c, h, w = (int(side) for side in first.shape[1:])
    network = build(settings.network, (c, h, w), classes, **settings.options)

    def every() -> Iterator[Tensor]:
        yield first
        yield from batches

    network.norm.fit(every())
    return network


def _job(source: ImageSource, settings: Settings, classes: int, seed: int) -> dict[str, Any]:
    """What tells this training from another: a checkpoint of another is refused."""
    seen = sha256(source.labels.contiguous().numpy().tobytes())
    seen.update(source.images(torch.arange(2)).contiguous().numpy().tobytes())
    return {
        "settings": settings.model_dump(mode="json"),
        "classes": classes,
        "seed": seed,
        "data": seen.hexdigest(),
    }
