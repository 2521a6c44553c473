"""The principal axes of many numbers, by random projections: exact enough for attacks, and the same for each seed."""

from typing import Final

import torch
from torch import Tensor

_MORE: Final = 8
_ROUNDS: Final = 2
_SEED: Final = 0


def leading_axes(rows: Tensor, most: int) -> Tensor:
    """Directions of largest spread, ``(f, k)``, orthonormal, largest first.

    Args:
        rows: ``(n, f)``, of mean 0.
        most: k is the smallest of this, n and f.
    """
    rows = rows.double()
    size = min(most, *rows.shape)
    drawn = torch.Generator().manual_seed(_SEED)
    basis = torch.randn(rows.shape[1], min(size + _MORE, *rows.shape), generator=drawn, dtype=rows.dtype)
    for _ in range(_ROUNDS + 1):
        basis = torch.linalg.qr(rows.T @ (rows @ torch.linalg.qr(basis)[0]))[0]
    placed = rows @ basis
    _, vectors = torch.linalg.eigh(placed.T @ placed)
    axes: Tensor = basis @ vectors.flip(1)[:, :size]
    return axes
