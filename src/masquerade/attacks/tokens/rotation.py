"""Finds the rotation between two clouds of whitened tokens from first and second moments alone."""

from typing import Final

import torch
from torch import Tensor

ROUNDS: Final = 60
SETTLED: Final = 3e-3
"""Change of a rotation, per number of a token, at which it has settled."""


def moments_of(whitened: Tensor, modes: Tensor) -> Tensor:
    """Second moments ``(k, d, d)`` between modes, symmetric and antisymmetric parts, and of each position.

    Args:
        whitened: Tokens in their places, ``(n, t, d)``.
        modes: Sums over positions, ``(t, m)``.
    """
    n, t, d = whitened.shape
    summed = torch.einsum("ntd,tm->nmd", whitened, modes)
    m = modes.shape[1]
    flat = summed.flatten(1)
    between = (flat.T @ flat / n).reshape(m, d, m, d).transpose(1, 2)
    upper, strict = torch.triu_indices(m, m), torch.triu_indices(m, m, 1)
    symmetric = (between + between.mT)[upper[0], upper[1]] / 2
    antisymmetric = (between - between.mT)[strict[0], strict[1]] / 2
    own = torch.stack([whitened[:, p].T @ whitened[:, p] for p in range(t)]) / n
    moments: Tensor = torch.cat([symmetric, antisymmetric, own])
    return moments


def modes_of(whitened: Tensor, count: int) -> Tensor:
    """The ``count`` strongest modes of positions, scaled to unit energy for each number, ``(t, m)``."""
    n, _, d = whitened.shape
    energy = torch.einsum("ntd,nsd->ts", whitened, whitened) / (n * d)
    values, axes = torch.linalg.eigh(energy.double())
    kept: Tensor = axes[:, -count:] / values[-count:].clamp_min(1e-12).sqrt()
    return kept.flip(1).float()


def rotation(disguised: tuple[Tensor, Tensor], originals: tuple[Tensor, Tensor]) -> tuple[Tensor, float]:
    """The rotation ``O`` with ``originals @ O = disguised``, ``(d, d)``, and the share of moments it leaves over.

    The means alone fix it on the few axes they span. From there every round applies the second moments: what
    is known of O on some axes tells, through their covariances with other axes, what it is on those; then the
    nearest rotation is taken. Its fixed points balance all products of moments.

    Args:
        disguised: Means ``(t, d)`` and second moments ``(k, d, d)``, tokens in their places.
        originals: The same of other people's originals.
    """
    means = originals[0].T @ disguised[0]
    left, values, right = torch.linalg.svd(means)
    kept = values > 1e-3 * values[0]
    found: Tensor = left[:, kept] @ right[kept]
    for _ in range(ROUNDS):
        total = means + torch.bmm(originals[1] @ found, disguised[1].mT).sum(0)
        left, _, right = torch.linalg.svd(total)
        step = float((left @ right - found).norm()) / len(total) ** 0.5
        found = left @ right
        if step < SETTLED:
            break
    left_over = (originals[1] @ found - found @ disguised[1]).square().sum() / disguised[1].square().sum()
    return found, float(left_over)
