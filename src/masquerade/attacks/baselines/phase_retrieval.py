"""Linear mixtures of which only absolute values are known: each pixel is a problem of lost signs of its own."""

from typing import Final, final

import numpy as np
import torch
from torch import Tensor

from masquerade.attacks.solving import solved

POWER_STEPS: Final = 40
RIDGE: Final = 1e-4
"""Keeps the system solvable where mixtures are too few; relative to the largest eigenvalue."""


@final
class Mixing:
    """``sizes = |shares @ photos|``, to be solved for the photos, all pixels side by side.

    Args:
        shares: How much of each photo is in each mixture, ``(n, m)``.
    """

    def __init__(self, shares: Tensor) -> None:
        self._shares = shares
        normal = shares.T @ shares
        self._top = float(torch.linalg.matrix_norm(normal, 2))
        normal.diagonal().add_(RIDGE * self._top)
        self._inverse = solved(normal, shares.T)

    def first(self, sizes: Tensor, steps: int, rng: np.random.Generator) -> Tensor:
        """Photos ``(m, pixels)`` from a spectral start, up to a sign for each pixel.

        The start is the leading eigenvector of the shares' second moment, mixtures weighted by how far their
        square exceeds the mean: large mixtures point where the solution lies.

        Args:
            sizes: Absolute values ``(n, pixels)``.
            steps: Projections after the start.
            rng: Draws the vectors that the power iteration starts from.
        """
        weights = sizes.square()
        weights = weights / weights.mean(0).clamp_min(1e-9) - 1
        shape = (self._shares.shape[1], sizes.shape[1])
        vectors = torch.from_numpy(rng.standard_normal(shape, dtype=np.float32))
        for _ in range(POWER_STEPS):
            moved = self._shares.T @ (weights * (self._shares @ vectors))
            vectors = moved + self._top / 2 * vectors  # so that the largest eigenvalue is the farthest from 0
            vectors = vectors / vectors.norm(dim=0).clamp_min(1e-9)
        expected = (self._shares @ vectors).abs()
        scale = (expected * sizes).sum(0) / expected.square().sum(0).clamp_min(1e-9)
        return self.settled(vectors * scale, sizes, steps)

    def settled(self, photos: Tensor, sizes: Tensor, steps: int) -> Tensor:
        """Alternate: signs from the photos, then photos by least squares from signs and sizes."""
        for _ in range(steps):
            photos = self._inverse @ torch.copysign(sizes, self._shares @ photos)
        return photos

    def error(self, photos: Tensor, sizes: Tensor) -> Tensor:
        """Mean squared difference of sizes for each pixel, ``(pixels,)``."""
        return ((self._shares @ photos).abs() - sizes).square().mean(0)
