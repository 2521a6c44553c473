"""Distillation: a student learns from a teacher's scores as well as from labels (Hinton et al. 2015)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import final

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from masquerade.errors import TrainingDiverged, UsageError
from masquerade.networks import Network, build
from masquerade.training.optimiser import optimiser
from masquerade.training.precision import best_device, resolve_precision
from masquerade.training.schedule import learning_rate
from masquerade.training.settings import Settings, batches_in


@final
@dataclass(frozen=True)
class Lesson:
    """What a student is to learn from.

    Args:
        inputs: What the student sees, float32 ``(n, c, h, w)``.
        scores: The teacher's scores of the same rows, which it may have given on another view, ``(n, k)``.
        labels: int64 ``(n,)``, 0 to k - 1.

    Raises:
        UsageError: If the three do not belong together, or a score is not finite.
    """

    inputs: Tensor
    scores: Tensor
    labels: Tensor

    def __post_init__(self) -> None:
        sizes = {len(self.inputs), len(self.scores), len(self.labels)}
        if len(sizes) > 1 or len(self.inputs) < 2 or not bool(self.scores.isfinite().all()):
            raise UsageError(
                "inputs, the teacher's scores and labels do not belong together",
                value=f"{len(self.inputs)}, {len(self.scores)} and {len(self.labels)} rows",
                remedy="Give one finite row of scores and one label for each input.",
            )


def distil(
    lesson: Lesson,
    settings: Settings,
    rng: np.random.Generator,
    *,
    temperature: float = 4.0,
    label_weight: float = 0.5,
) -> Network:
    """Train a student: ``(1 - w) T^2 KL(teacher || student) + w CE`` (XNN-d, stage 2).

    Args:
        lesson: Inputs, teacher's scores, labels.
        settings: The student's network and training; augmentation and averaging are not used.
        rng: Draws the seed of weights and order.
        temperature: T, by which both sides' scores are divided in the first term.
        label_weight: w, from 0 (the teacher alone) to 1 (labels alone).

    Returns:
        The student in evaluation mode, on the device it was trained on.

    Raises:
        TrainingDiverged: If the loss, or a weight, is not a finite number.
    """
    shape = (lesson.inputs.shape[1], lesson.inputs.shape[2], lesson.inputs.shape[3])
    total = settings.total_steps(len(lesson.inputs))
    device = best_device()
    bfloat16 = resolve_precision(settings.precision, device) == "bfloat16"
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        torch.manual_seed(int(rng.integers(2**63)))
        student = build(settings.network, shape, lesson.scores.shape[1], **settings.options)
        student.norm.fit(torch.split(lesson.inputs, 256))
        student.to(device).train()
        descent = optimiser(student, settings)
        faster = torch.autocast(device.type, torch.bfloat16, enabled=bfloat16)
        for step, rows in enumerate(shuffled(len(lesson.inputs), settings.batch_size, total, rng)):
            for group in descent.param_groups:
                group["lr"] = learning_rate(settings, step, total)
            with faster:
                scores = student(lesson.inputs[rows].to(device)).float()
            taught, labels = lesson.scores[rows].to(device), lesson.labels[rows].to(device)
            loss = _loss(scores, taught, labels, temperature, label_weight)
            descent.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            descent.step()
    require_finite(float(loss.detach()))
    return student.eval()


def _loss(scores: Tensor, taught: Tensor, labels: Tensor, temperature: float, label_weight: float) -> Tensor:
    said, meant = ((each / temperature).log_softmax(1) for each in (scores, taught))
    apart = functional.kl_div(said, meant, reduction="batchmean", log_target=True)
    named = functional.cross_entropy(scores, labels)
    return (1 - label_weight) * temperature**2 * apart + label_weight * named


def shuffled(count: int, size: int, steps: int, rng: np.random.Generator) -> Iterator[Tensor]:
    """Rows of ``steps`` batches, every row once an epoch in an order of the epoch's own."""
    in_epoch = batches_in(count, size)
    order = np.empty(0, np.int64)
    for step in range(steps):
        place = step % in_epoch
        if place == 0:
            order = rng.permutation(count)
        yield torch.from_numpy(order[place * size : (place + 1) * size])


def require_finite(loss: float) -> None:
    """Refuse a training whose loss is no longer a number.

    Raises:
        TrainingDiverged: If it is not finite.
    """
    if not np.isfinite(loss):
        raise TrainingDiverged(
            "training diverged: the loss is not a finite number", value=loss, remedy="Lower learning_rate."
        )
