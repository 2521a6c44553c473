"""Means and whitening of tokens: what a secret matrix cannot change, once both sides are whitened."""

from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor

from masquerade.errors import NotApplicable

FLOOR: Final = 1e-7
"""Smallest eigenvalue kept in whitening, relative to the mean one."""


@dataclass(frozen=True)
class TokenStatistics:
    """Statistics of the tokens of many photos.

    If all tokens are multiplied by one regular matrix and change places, then whitened tokens are the old ones
    up to one rotation of all and the change of places, whatever the matrix.

    Args:
        mean: Mean token of each position, ``(t, d)``.
        whitening: Whitens tokens, centred position by position, ``(d, d)``.
        colouring: Its inverse.
    """

    mean: Tensor
    whitening: Tensor
    colouring: Tensor

    @classmethod
    def of(cls, tokens: Tensor) -> "TokenStatistics":
        """Statistics of ``(n, t, d)``.

        Raises:
            NotApplicable: If there are fewer tokens than a second moment of ``d`` numbers needs.
        """
        n, t, d = tokens.shape
        if (n - 1) * t <= d:
            raise NotApplicable(
                "too few photos under one key for the second moment of their tokens",
                value=f"{n} photos of {t} tokens of {d} numbers",
                remedy="Show the attack more of the released images.",
            )
        mean = tokens.mean(0)
        rows = (tokens - mean).flatten(0, 1)
        values, axes = torch.linalg.eigh((rows.T @ rows / len(rows)).double())
        values = values.clamp_min(FLOOR * float(values.mean()) + 1e-30)
        whitening, colouring = ((axes * values.pow(power)) @ axes.T for power in (-0.5, 0.5))
        return cls(mean, whitening.float(), colouring.float())

    def whitened(self, tokens: Tensor) -> Tensor:
        """Tokens ``(n, t, d)``, centred position by position and whitened."""
        return (tokens - self.mean) @ self.whitening

    @property
    def whitened_mean(self) -> Tensor:
        """Mean token of each position against the mean of all, whitened, ``(t, d)``."""
        return (self.mean - self.mean.mean(0)) @ self.whitening


def cosine(left: Tensor, right: Tensor) -> Tensor:
    """Cosine of every row of ``left`` with every row of ``right``, each flattened, ``(n, m)``."""
    a, b = (torch.nn.functional.normalize(side.flatten(1), dim=1) for side in (left, right))
    return a @ b.T


def of_unit_length(tokens: Tensor) -> Tensor:
    """Every token divided by its length."""
    unit: Tensor = torch.nn.functional.normalize(tokens, dim=-1)
    return unit
