"""Two small networks that bring protected and plain photos to one space, where those of one photo lie together."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

WIDTH: Final = 128
SIZE: Final = 48
_BATCH: Final = 192
_RATE: Final = 2e-3
_TEMPERATURE: Final = 0.07


@dataclass(frozen=True)
class Towers:
    """The trained networks.

    Args:
        left: For protected photos, ``(n, f)`` to ``(n, e)``.
        right: For plain ones, ``(m, g)`` to ``(m, e)``.
    """

    left: nn.Module
    right: nn.Module

    @torch.no_grad()
    def similarity(self, left: Tensor, right: Tensor) -> Tensor:
        """Cosines ``(n, m)``."""
        a, b = self.left(left.float()), self.right(right.float())
        return functional.normalize(a) @ functional.normalize(b).T


def train_towers(protected: Tensor, plain: Tensor, steps: int, rng: np.random.Generator) -> Towers:
    """Learn from photos under several keys; a batch is of one key, as what is attacked will be.

    Args:
        protected: ``(keys, n, f)``.
        plain: ``(n, g)``, the same n photos.
        steps: Batches.
        rng: Initial weights and batches.
    """
    with torch.random.fork_rng(devices=[]):  # dropout draws from it too
        torch.manual_seed(int(rng.integers(2**31)))
        towers = Towers(_tower(protected.shape[2]), _tower(plain.shape[1]))
        _learn(towers, protected, plain, steps, rng)
    towers.left.eval()
    towers.right.eval()
    return towers


def _learn(towers: Towers, protected: Tensor, plain: Tensor, steps: int, rng: np.random.Generator) -> None:
    weights = [*towers.left.parameters(), *towers.right.parameters()]
    optimiser = torch.optim.AdamW(weights, _RATE, weight_decay=0.05)
    for step in range(steps):
        rows = torch.from_numpy(rng.permutation(len(plain))[:_BATCH])
        key = step % len(protected)
        a = functional.normalize(towers.left(protected[key, rows].float()))
        b = functional.normalize(towers.right(plain[rows].float()))
        cosines = a @ b.T / _TEMPERATURE
        right = torch.arange(len(rows))
        loss = functional.cross_entropy(cosines, right) + functional.cross_entropy(cosines.T, right)
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()


def _tower(width: int) -> nn.Module:
    return nn.Sequential(
        nn.LayerNorm(width),
        nn.Linear(width, WIDTH),
        nn.GELU(),
        nn.Dropout(0.1),
        nn.Linear(WIDTH, SIZE),
    )
