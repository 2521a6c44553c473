"""The curve of a training: what was measured on the way, which moment is the result, and when to stop."""

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from typing import Final, final

import torch
from torch import Tensor

from masquerade.training.hyperobf.settings import EarlyStopping

NUMBERS: Final = 7


@final
@dataclass(frozen=True)
class Point:
    """One measurement, of a few MaskNets on photos held back from training.

    Args:
        epoch: Epochs done, from 1.
        cross_entropy: Of the training since the last measurement, mean over steps.
        accuracy: Share of held-back photos given the right person, mean over nets.
        worst: The same for the worst net.
        divergence: Symmetric divergence of answers, nats, mean over pairs of nets; 0 of one net.
        distance: Distance of features of length 1, mean over pairs of nets; 0 of one net.
        variance: Of the weights, as in the loss, mean over steps since the last measurement.
    """

    epoch: int
    cross_entropy: float
    accuracy: float
    worst: float
    divergence: float
    distance: float
    variance: float


def best(curve: Sequence[Point], stopping: EarlyStopping) -> int:
    """Which point is the result: the last one without patience, else the most accurate that is diverse enough.

    Args:
        curve: One point or more, in order of epochs.
        stopping: What is diverse enough.
    """
    if not stopping.patience:
        return len(curve) - 1
    found, largest = 0, 0.0
    for i, point in enumerate(curve):
        diversity = point.distance if stopping.by == "distance" else point.divergence
        largest = max(largest, diversity)
        if diversity >= stopping.kept * largest and point.accuracy >= curve[found].accuracy:
            found = i
    return found


def ended(curve: Sequence[Point], stopping: EarlyStopping) -> bool:
    """Whether no point has been better than the best for as long as the patience lasts."""
    return bool(stopping.patience and curve) and len(curve) - 1 - best(curve, stopping) >= stopping.patience


def to_tensor(curve: Sequence[Point], most: int) -> Tensor:
    """A curve as float64 ``(most, 7)``, rows of 0 after its end; for checkpoints."""
    rows = torch.zeros(most, NUMBERS, dtype=torch.float64)
    for row, point in zip(rows, curve, strict=False):
        row.copy_(torch.tensor(astuple(point), dtype=torch.float64))
    return rows


def from_tensor(rows: Tensor) -> list[Point]:
    """The curve that ``to_tensor`` stored."""
    return [Point(int(row[0]), *row[1:].tolist()) for row in rows if row[0] > 0]
