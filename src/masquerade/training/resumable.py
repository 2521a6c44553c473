"""The loop around any training that goes step by step: divergence, progress, checkpoints."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import isfinite
from pathlib import Path
from time import monotonic
from typing import Any, Final, final

import numpy as np
import torch
from torch import Generator, Tensor, nn
from torch.optim import Optimizer

from masquerade.errors import TrainingDiverged
from masquerade.progress import LossProgress
from masquerade.training.checkpoint import SavedProgress, load_checkpoint, read_progress, save_checkpoint

_SECONDS: Final = 60.0


@final
@dataclass(frozen=True)
class Upkeep:
    """What a training's caller wants beside the result.

    Args:
        checkpoint: File to keep the state in, and to go on from if it exists.
        progress: Told how far training has come.
        seconds: Least time between two checkpoints; one more is written at the end.
    """

    checkpoint: Path | None = None
    progress: LossProgress | None = None
    seconds: float = field(default=_SECONDS)


def run(
    networks: nn.Module,
    optimisers: Sequence[Optimizer],
    take: Callable[[int], float],
    total: int,
    job: Mapping[str, Any],
    upkeep: Upkeep,
    average: Mapping[str, Tensor] | None = None,
) -> None:
    """Take steps up to ``total``, from the checkpoint's on.

    Args:
        networks: All that is trained, as one module.
        optimisers: One or more, over its parameters; of Adam's kind, without weight decay.
        take: Takes step number so-and-so and returns its loss; draws what it needs from ``generator_of``.
        total: Steps in all.
        job: Plain data that tells this training from others.
        upkeep: Checkpoint and progress.
        average: Tensors that change beside the networks, updated in place.

    Raises:
        UsageError: If the checkpoint is of another training.
        TrainingDiverged: If the loss is not a finite number.
        ModelError: If the checkpoint is damaged.
        WriteFailed: If the disk refuses a checkpoint.
    """
    file = upkeep.checkpoint
    found = read_progress(file, job) if file else None
    if file and found:
        _prepare(optimisers)
        load_checkpoint(file, networks, optimisers[0], _beside(optimisers, average or {}))
    saved = monotonic()
    for step in range(found.step if found else 0, total):
        loss = take(step)
        if not isfinite(loss):
            raise TrainingDiverged(
                "training diverged: the loss is not a finite number",
                value=f"loss {loss} after {step + 1} steps",
                remedy="Lower learning_rate, or look at the training data.",
            )
        if upkeep.progress:
            upkeep.progress(step + 1, total, loss)
        if file and (monotonic() - saved >= upkeep.seconds or step + 1 == total):
            state = _beside(optimisers, average or {})
            save_checkpoint(file, SavedProgress(step + 1, "float32", job), networks, optimisers[0], state)
            saved = monotonic()


def generator_of(seed: int, *path: int) -> Generator:
    """A generator of its own for each step, so that no generator's state needs keeping."""
    number = np.random.SeedSequence([seed, *path]).generate_state(1, np.uint64)[0]
    return Generator().manual_seed(int(number >> 1))


def rows_of(seed: int, step: int, batch_size: int, count: int) -> Tensor:
    """Numbers of the photos in batch ``step``; each pass has an order of its own, and full batches alone.

    With fewer photos than a batch, all of them.
    """
    size = min(batch_size, count)
    epoch, place = divmod(step, count // size)
    order = torch.randperm(count, generator=generator_of(seed, 1, epoch))
    return order[place * size : (place + 1) * size]


def _prepare(optimisers: Sequence[Optimizer]) -> None:
    """Make the state of optimisers exist, so that a checkpoint can be read into it."""
    for optimiser in optimisers:
        for group in optimiser.param_groups:
            for parameter in group["params"]:
                parameter.grad = torch.zeros_like(parameter)
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)


def _beside(optimisers: Sequence[Optimizer], average: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The state that is neither the networks' nor the first optimiser's, by name."""
    tensors = dict(average)
    for number, optimiser in enumerate(optimisers[1:], 1):
        parameters = [p for group in optimiser.param_groups for p in group["params"]]
        for i, parameter in enumerate(parameters):
            for name, value in optimiser.state[parameter].items():
                if isinstance(value, Tensor):
                    tensors[f"optimiser.{number}.{i}.{name}"] = value
    return tensors
