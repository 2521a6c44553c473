"""The loop of HyperObf's trainings: reproducible from the seed, resumable, measured on the way, ended in time."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from time import monotonic
from typing import Any, Final, final

from masquerade.errors import UsageError
from masquerade.progress import WordProgress
from masquerade.training.checkpoint import SavedProgress, load_checkpoint, read_progress, save_checkpoint
from masquerade.training.hyperobf.curve import Point
from masquerade.training.hyperobf.dead_features import require_learned
from masquerade.training.hyperobf.learners import Learner
from masquerade.training.hyperobf.measuring import People
from masquerade.training.hyperobf.run import TrainingRun
from masquerade.training.hyperobf.settings import EarlyStopping, Fit
from masquerade.training.hyperobf.trainer import HyperNetTrainer
from masquerade.training.precision import best_device, resolve_precision

Kept = Callable[[int, Learner], None]
"""Called with epochs done and what is trained, to keep a copy."""

CHECKPOINT_SECONDS: Final = 60.0
"""Time between two checkpoints, unless told otherwise."""


@final
@dataclass(frozen=True)
class Watching:
    """Who looks on while a training runs.

    Args:
        told: Told how far it has come, after each epoch.
        checkpoint: File to keep the state in, and to go on from if it exists.
        checkpoint_seconds: Least time between two checkpoints; one more is written at the end.
        keep_every: Epochs between two calls of ``kept``; 0 for none.
        kept: Called with epochs done and the learner.
    """

    told: WordProgress | None = None
    checkpoint: Path | None = None
    checkpoint_seconds: float = CHECKPOINT_SECONDS
    keep_every: int = 0
    kept: Kept | None = None


UNWATCHED: Final = Watching()
"""Nobody looks on, nothing is kept."""


def train(
    learner: Learner,
    people: People,
    fit: Fit,
    stopping: EarlyStopping,
    facts: Mapping[str, Any],
    seed: int,
    watching: Watching,
) -> tuple[Point, list[Point]]:
    """Train until the epochs are over or the curve says so; the learner then holds the best moment's weights.

    The same seed, settings, photos, software and number of threads give the same weights, stopped and resumed
    or not.

    Args:
        learner: Freshly made from the seed.
        people: What to train on and measure with.
        fit: How to train.
        stopping: How to measure, and when to stop.
        facts: Plain data that tells this training from others: its settings.
        seed: Not negative, below 2**63.
        watching: Progress, checkpoints, copies on the way.

    Returns:
        The measurement of the moment that is the result, and all of them.

    Raises:
        TrainingDiverged: If the loss, or a weight, is not a finite number.
        DeadFeatures: If it ends in nets that see no difference between photos.
        ModelError: If the checkpoint is damaged.
    """
    device = best_device()
    job = {**facts, "seed": seed, "data": _digest(people)}
    kept = watching.checkpoint
    found = read_progress(kept, job) if kept else None
    precision = found.precision if found else resolve_precision(fit.precision, device)
    run = TrainingRun(HyperNetTrainer(learner.to(device).train(), people, fit, seed, precision), stopping)
    if kept and found:
        run.trainer.prepare_state()
        load_checkpoint(kept, learner, run.trainer.optimiser, run.tensors)
        run.step = found.step
    saved = monotonic()
    while not run.over:
        error = run.advance()
        if run.between_epochs:
            _tell(run, error, watching)
        if kept and (run.over or monotonic() - saved >= watching.checkpoint_seconds):
            save_checkpoint(
                kept, SavedProgress(run.step, precision, job), learner, run.trainer.optimiser, run.tensors
            )
            saved = monotonic()
    require_learned(min(point.cross_entropy for point in run.curve), people.classes)
    run.result()
    return run.best, run.curve


def _tell(run: TrainingRun, error: float, watching: Watching) -> None:
    if watching.kept and watching.keep_every and run.epoch % watching.keep_every == 0:
        watching.kept(run.epoch, run.learner)
    if watching.told:
        words = f"cross-entropy {error:.2f}"
        if curve := run.curve:
            words += f", {curve[-1].accuracy:.0%} right, divergence {curve[-1].divergence:.2f}"
        watching.told(run.step, run.trainer.total, words)


def require_people(people: People, size: int) -> None:
    """Check that photos can be trained on.

    Raises:
        UsageError: If there are fewer than two people, too few photos, or they have another size.
    """
    if people.classes < 2 or len(people.photos) < 2 or len(people.held_photos) < 2:
        raise UsageError(
            "too few photos to train on",
            value=f"{len(people.photos)} photos of {people.classes} people",
            remedy="Give two people or more with two photos or more each.",
        )
    for photos in (people.photos, people.held_photos):
        if tuple(photos.shape[1:]) != (3, size, size):
            raise UsageError(
                "photos of another size than the MaskNets look at",
                value=f"{tuple(photos.shape[1:])}, expected (3, {size}, {size})",
                remedy="Resize them, or set another size.",
            )


def _digest(people: People) -> str:
    seen = sha256()
    for tensor in (people.photos, people.labels, people.held_photos, people.held_labels):
        seen.update(tensor.contiguous().numpy().tobytes())
    return seen.hexdigest()
