"""Ridge regression from many numbers and few rows, its strength chosen by leaving each row out once."""

from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor

STRENGTHS: Final = tuple(10.0**power for power in range(-6, 4))
"""Ridges that are tried, as shares of the mean eigenvalue of the rows' products."""


@dataclass(frozen=True)
class Ridge:
    """A linear map with its offset, as the rows that it was learned from and their weights.

    Args:
        rows: Centred rows ``(n, f)``.
        weights: ``(n, q)``.
        mean: Of the rows, ``(f,)``.
        offset: Mean of the targets, ``(q,)``.
        left_out: For each row what the others say of it, ``(n, q)``.
    """

    rows: Tensor
    weights: Tensor
    mean: Tensor
    offset: Tensor
    left_out: Tensor

    @classmethod
    def of(cls, rows: Tensor, targets: Tensor) -> "Ridge":
        """The map whose rows, each left out once, are told best by the others.

        Args:
            rows: ``(n, f)``; n of at least 1. A single row tells nothing but the mean.
            targets: ``(n, q)``.
        """
        rows, targets = rows.double(), targets.double()
        mean, offset = rows.mean(0), targets.mean(0)
        x, y = rows - mean, targets - offset
        values, vectors = torch.linalg.eigh(x @ x.T)
        values = values.clamp_min(0)
        scale = values.mean().clamp_min(1e-300)
        turned = vectors.T @ y
        best: tuple[float, Tensor, Tensor] | None = None
        for strength in STRENGTHS:
            shrunk = 1 / (values + strength * scale)
            weights = vectors @ (shrunk[:, None] * turned)
            # the mean is of all rows, which the row left out was one of: the usual 1 - h with 1 / n taken off
            own = 1 - (vectors.square() @ (values * shrunk)) - 1 / len(x)
            residual = (y - x @ (x.T @ weights)) / own.clamp_min(1e-9)[:, None]
            error = float(residual.square().mean())
            if best is None or error < best[0]:
                best = error, weights, targets - residual
        assert best is not None  # noqa: S101  (some strength was tried)
        return cls(x, best[1], mean, offset, best[2])

    def __call__(self, rows: Tensor) -> Tensor:
        """Targets of other rows, float64 ``(m, q)``."""
        return ((rows.double() - self.mean) @ self.rows.T) @ self.weights + self.offset
