"""Canonical correlations between two views of the same things, and how strongly a pair of rows speaks for being one.

Directions are found on some rows and their correlations measured on others, so that what was only learned by heart
counts for nothing. Rows that belong together are then weighed as correlated normal numbers are.
"""

from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor

from masquerade.attacks.solving import inverse_root

RIDGES: Final = (0.02, 0.3, 3.0)
"""What is worth trying to add to each direction's own variance, as shares of their mean: more for fewer rows."""
MOST: Final = 128
"""Directions at most."""
_SUREST: Final = 0.999
"""Largest correlation that is believed."""


@dataclass(frozen=True)
class Canonical:
    """What was learned from pairs of rows.

    Args:
        left: ``(f, k)``: rows of the one side to directions of variance 1.
        right: ``(g, k)``: likewise of the other.
        correlations: ``(k,)``, 0 to 1, as measured on rows that directions were not found on.
    """

    left: Tensor
    right: Tensor
    correlations: Tensor

    @classmethod
    def of(cls, left: Tensor, right: Tensor, apart: Tensor, ridge: float) -> "Canonical":
        """Learn from pairs.

        Args:
            left: ``(n, f)``, of mean 0.
            right: ``(n, g)``, of mean 0, row by row the same things.
            apart: Which rows correlations are measured on, bool ``(n,)``.
            ridge: One of ``RIDGES``.
        """
        left, right = left.double(), right.double()
        a, b = left[~apart], right[~apart]
        roots = [inverse_root(side.T @ side / len(side), ridge) for side in (a, b)]
        u, _, vh = torch.linalg.svd(roots[0] @ (a.T @ b / len(a)) @ roots[1], full_matrices=False)
        maps = roots[0] @ u[:, :MOST], roots[1] @ vh.T[:, :MOST]
        maps = maps[0] / _spread(a @ maps[0]), maps[1] / _spread(b @ maps[1])
        x, y = left[apart] @ maps[0], right[apart] @ maps[1]
        seen = ((x - x.mean(0)) * (y - y.mean(0))).mean(0) / (x.std(0) * y.std(0)).clamp_min(1e-12)
        return cls(maps[0], maps[1], seen.clamp(0, _SUREST))

    def evidence(self, left: Tensor, right: Tensor) -> Tensor:
        """Logarithm of how much likelier each pair of rows is as one thing than as two, ``(n, m)``.

        Args:
            left: ``(n, f)``, of mean 0.
            right: ``(m, g)``, of mean 0.
        """
        x, y = (left.double() @ self.left).clamp(-6, 6), (right.double() @ self.right).clamp(-6, 6)
        r = self.correlations
        rest = 1 - r.square()
        own = -(r.square() / (2 * rest))
        return (x * (r / rest)) @ y.T + (x.square() @ own)[:, None] + (y.square() @ own)[None]


def _spread(rows: Tensor) -> Tensor:
    return rows.std(0).clamp_min(1e-12)
