"""What public images say about the second moment of originals, however few they are."""

from dataclasses import dataclass
from typing import final

import numpy as np
import torch
from torch import Tensor

from masquerade.attacks.blocks.moments_layout import second_moment

LEVELS = 6


@final
@dataclass(frozen=True)
class Spectrum:
    """The public second moment: a part seen in the images, and the same small variance everywhere else.

    Args:
        values: Eigenvalues ``(k,)``, ascending.
        vectors: Eigenvectors ``(width, k)``.
        rest: Variance in every direction that so few images do not show.
    """

    values: Tensor
    vectors: Tensor
    rest: float

    @classmethod
    def of(cls, rows: Tensor) -> "Spectrum":
        """Spectrum of ``(n, width)``, by the smaller of the two Gram matrices."""
        n, width = rows.shape
        if n >= width:
            values, vectors = torch.linalg.eigh(second_moment(rows))
            values = values.clamp_min(0)
        else:
            values, weights = torch.linalg.eigh(rows @ rows.T / n)
            kept = values > 1e-6 * values[-1]
            values = values[kept]
            vectors = rows.T @ weights[:, kept] / (n * values).sqrt()
        small = len(values) - len(values) // 2
        rest = min(1.0, width / n) * float(values[:small].sum()) / (width - len(values) // 2)
        return cls(values, vectors, rest)

    def filter(self, noise: float) -> Tensor:
        """Wiener filter ``(width, width)`` against white noise of this variance."""
        floor = self.rest / (self.rest + noise)
        gain = (self.values + self.rest) / (self.values + self.rest + noise) - floor
        wiener = (self.vectors * gain) @ self.vectors.T
        wiener.diagonal().add_(floor)
        return wiener

    def levels(self, least: float) -> list[float]:
        """Noise variances to anneal through, falling from a tenth of the largest eigenvalue."""
        top = 0.1 * float(self.values[-1])
        bottom = max(least, 0.3 * float(self.values.median()), 1e-7 * top)
        return [float(level) for level in np.geomspace(top, min(bottom, top), LEVELS)]
