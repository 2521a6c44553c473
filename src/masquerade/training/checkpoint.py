"""The state of an unfinished training, so that it can go on after a stop at any moment."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from masquerade.errors import ModelError, UsageError
from masquerade.training.tensor_file import read_tensors, read_text, write_tensors

_KIND = "masquerade.checkpoint"


@final
@dataclass(frozen=True)
class SavedProgress:
    """How far a training has come, and which training it is.

    Args:
        step: Batches done.
        precision: The precision it runs in, ``float32`` or ``bfloat16``.
        job: Plain data that tells this training from any other: settings, seed, data.
    """

    step: int
    precision: str
    job: Mapping[str, Any]


def save_checkpoint(
    path: Path,
    progress: SavedProgress,
    network: nn.Module,
    optimiser: Optimizer,
    average: Mapping[str, Tensor],
) -> None:
    """Write the state; an interrupted write leaves the one before."""
    text = {"step": progress.step, "precision": progress.precision, "job": dict(progress.job)}
    write_tensors(path, _tensors(network, optimiser, average), _KIND, json.dumps(text, sort_keys=True))


def read_progress(path: Path, job: Mapping[str, Any]) -> SavedProgress | None:
    """How far the training of a checkpoint came; None if there is no checkpoint.

    Raises:
        ModelError: If the file is damaged.
        UsageError: If the checkpoint is of another training.
    """
    if not path.exists():
        return None
    try:
        text = json.loads(read_text(path, _KIND))
        progress = SavedProgress(int(text["step"]), str(text["precision"]), dict(text["job"]))
    except (ValueError, KeyError, TypeError, RecursionError):
        raise ModelError("checkpoint is damaged", place=path, remedy="Delete it and train anew.") from None
    plain = json.loads(json.dumps(dict(job)))
    if progress.job != plain:
        other = sorted(name for name in plain if progress.job.get(name) != plain[name])
        raise UsageError(
            "the checkpoint is of another training",
            value=f"differs in {', '.join(other)}",
            place=path,
            remedy="Train with the same settings, seed and data, or delete the checkpoint.",
        )
    return progress


def load_checkpoint(
    path: Path, network: nn.Module, optimiser: Optimizer, average: Mapping[str, Tensor]
) -> None:
    """Put the state of a checkpoint into a network, its optimiser and the average of its weights.

    The optimiser must have taken one step already, so that its state exists.

    Raises:
        ModelError: If the file is damaged or does not fit.
    """
    targets = _tensors(network, optimiser, average)
    with torch.no_grad():
        for name, tensor in read_tensors(path, targets).items():
            targets[name].copy_(tensor)


def _tensors(network: nn.Module, optimiser: Optimizer, average: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Every tensor of the state by name, without copying."""
    tensors = {f"network.{name}": tensor for name, tensor in network.state_dict().items()}
    tensors |= {f"average.{name}": tensor for name, tensor in average.items()}
    parameters = [p for group in optimiser.param_groups for p in group["params"]]
    for i, parameter in enumerate(parameters):
        state = optimiser.state[parameter]
        tensors |= {
            f"optimiser.{i}.{name}": value for name, value in state.items() if isinstance(value, Tensor)
        }
    return tensors
