"""Which original block became which disguised block, from leaked pairs, before any matrix is known."""

from dataclasses import dataclass
from typing import Final

import torch
from scipy.optimize import linear_sum_assignment
from torch import Tensor

from masquerade.attacks.solving import inverted

ROWS: Final = 128
"""Rows of one block that are compared; more only cost time."""
SHORTLIST: Final = 48
"""Candidates of one block whose singular values are computed where there are very many blocks."""
AT_ONCE: Final = 1 << 22


@dataclass(frozen=True)
class MatrixPrior:
    """What is known of a secret matrix beforehand: independent entries of this mean and variance."""

    mean: float
    variance: float

    def gain(self, d: int) -> float:
        """Variance of an output for independent inputs of variance 1."""
        return d * (self.mean**2 + self.variance)


def assignment(benefit: Tensor) -> Tensor:
    """For each original block (column) the disguised block (row) it became, int64 ``(t,)``."""
    rows, columns = linear_sum_assignment(benefit.numpy(), maximize=True)
    return torch.from_numpy(rows)[torch.from_numpy(columns).argsort()]


def clear_benefit(disguised: Tensor, originals: Tensor) -> Tensor:
    """Agreement where blocks were moved and not changed: inner products, ``(t, t)``.

    Args:
        disguised: Rows by block and part, ``(t, parts, r, d)``.
        originals: The same of the originals.
    """
    return disguised.flatten(1) @ originals.flatten(1).T - originals.flatten(1).square().sum(1) / 2


def orthogonal_benefit(disguised: Tensor, originals: Tensor) -> Tensor:
    """Largest inner product over all orthogonal matrices: the nuclear norm of A^T C, summed over parts.

    Args:
        disguised: C by block and part, ``(t, parts, r, d)``.
        originals: A, the same.
    """
    originals, disguised = (_short(rows[:, :, :ROWS]) for rows in (originals, disguised))
    t = len(originals)
    if originals.shape[-1] > 2 and t > 4 * SHORTLIST:
        return _shortlisted(disguised, originals)
    step = max(1, AT_ONCE // (t * originals.shape[-1] ** 2))
    benefit = torch.zeros(t, t, dtype=originals.dtype)
    for a, c in zip(originals.unbind(1), disguised.unbind(1), strict=True):
        for rows in torch.split(torch.arange(t), step):
            benefit[rows] += _nuclear_norm(torch.einsum("irp,jrq->ijpq", c[rows], a))
    return benefit


def linear_benefit(disguised: Tensor, originals: Tensor, prior: MatrixPrior, noise: float) -> Tensor:
    """Log-likelihood of each pair of blocks over all matrices of the prior, ``(t, t)``.

    Args:
        disguised: C by block and part, ``(t, parts, r, d)``.
        originals: A, the same.
        prior: The matrices' entries, taken as normal.
        noise: Variance of the noise on C.
    """
    disguised, originals = disguised[:, :, :ROWS], originals[:, :, :ROWS]
    d = originals.shape[-1]
    benefit = torch.zeros(len(disguised), len(originals), dtype=originals.dtype)
    for a, c in zip(originals.unbind(1), disguised.unbind(1), strict=True):
        spread = prior.variance * a @ a.mT
        spread.diagonal(dim1=1, dim2=2).add_(noise)
        inverse, logarithm = inverted(spread)
        mean = prior.mean * a.sum(2)
        pull = (inverse @ mean[:, :, None])[..., 0]
        distance = (c @ c.mT).flatten(1) @ inverse.flatten(1).T
        distance += d * (mean * pull).sum(1) - 2 * c.sum(2) @ pull.T
        benefit -= distance + d * logarithm
    return benefit


def _short(rows: Tensor) -> Tensor:
    """Rows with r >= d as they are, fewer as a square root of their Gram matrix, which is all that counts."""
    if rows.shape[-2] >= rows.shape[-1]:
        return rows
    values, vectors = torch.linalg.eigh(rows @ rows.mT)
    root: Tensor = (vectors * values.clamp_min(0).sqrt()[..., None, :]) @ vectors.mT
    return root


def _nuclear_norm(matrices: Tensor) -> Tensor:
    match matrices.shape[-1]:
        case 1:
            return matrices.abs()[..., 0, 0]
        case 2:
            squares = matrices.square().sum((-1, -2))
            determinant = (
                matrices[..., 0, 0] * matrices[..., 1, 1] - matrices[..., 0, 1] * matrices[..., 1, 0]
            )
            return (squares + 2 * determinant.abs()).sqrt()
        case _:
            norm: Tensor = torch.linalg.svdvals(matrices).sum(-1)
            return norm


def _shortlisted(disguised: Tensor, originals: Tensor) -> Tensor:
    """As the nuclear norm, but only for pairs whose Gram matrices are among the nearest; 0 elsewhere."""
    parts = zip(disguised.unbind(1), originals.unbind(1), strict=True)
    near = -torch.stack([_gram_distances(c, a) for c, a in parts]).sum(0)
    wanted = torch.zeros(near.shape, dtype=torch.bool)
    for axis in (0, 1):
        wanted.scatter_(axis, near.topk(SHORTLIST, axis).indices, True)
    i, j = wanted.nonzero(as_tuple=True)
    benefit = torch.zeros_like(near)
    for some in torch.split(torch.arange(len(i)), max(1, AT_ONCE // originals[0].numel())):
        products = originals[j[some]].mT @ disguised[i[some]]
        benefit[i[some], j[some]] = _nuclear_norm(products).sum(1)
    return benefit


def _gram_distances(disguised: Tensor, originals: Tensor) -> Tensor:
    c, a = ((rows @ rows.mT).flatten(1) for rows in (disguised, originals))
    return c.square().sum(1)[:, None] + a.square().sum(1)[None, :] - 2 * c @ a.T
