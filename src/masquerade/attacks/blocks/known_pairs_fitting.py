"""The secret matrices from matched rows, with how far each can be trusted."""

from dataclasses import dataclass

import torch
from torch import Tensor

from masquerade.attacks.blocks.known_pairs_matching import MatrixPrior


@dataclass(frozen=True)
class RowEvidence:
    """What a disguised row tells of its original: row @ ``read`` = original @ ``meets`` + noise.

    Args:
        read: ``(cells, d, d)``.
        meets: ``(cells, d, d)``.
        noise: Variance of the noise of each number, ``(cells, d)``.
    """

    read: Tensor
    meets: Tensor
    noise: Tensor

    def less_noise(self, variance: float) -> "RowEvidence":
        """The same without noise of this variance, which is accounted for elsewhere."""
        return RowEvidence(self.read, self.meets, self.noise - variance)


def fit_clear(cells: int, d: int, noise: float) -> RowEvidence:
    """Blocks that were moved and not changed."""
    same = torch.eye(d, dtype=torch.float64).expand(cells, d, d)
    return RowEvidence(same, same, torch.full((cells, d), noise, dtype=torch.float64))


def fit_orthogonal(disguised: Tensor, originals: Tensor, moment: Tensor, noise: float) -> RowEvidence:
    """Orthogonal Procrustes, in the coordinates in which its errors are known.

    With A^T C = U S V^T the best rotation is U V^T. Noise of variance v turns coordinate p into q by an angle
    of variance v / (s_p + s_q), so what the pairs hardly showed (flat rows, too few pairs) counts as noise.

    Args:
        disguised: C, ``(cells, r, d)``.
        originals: A, ``(cells, r, d)``.
        moment: Second moment of original rows, ``(cells, d, d)``.
        noise: Variance of the noise on C.
    """
    u, s, vh = torch.linalg.svd(originals.mT @ disguised)
    energy = torch.einsum("cip,cij,cjp->cp", u, moment, u)
    angle = noise / (s[:, :, None] + s[:, None, :]).clamp_min(1e-12)
    angle = angle.clamp_max(1)
    # A coordinate does not turn into itself, but its sign may be wrong, which doubles it.
    angle.diagonal(dim1=1, dim2=2).copy_(4 * (noise / s.clamp_min(1e-12)).clamp_max(1).square())
    return RowEvidence(vh.mT, u, noise + (angle @ energy[:, :, None])[..., 0])


def fit_linear(
    disguised: Tensor, originals: Tensor, moment: Tensor, prior: MatrixPrior, noise: float
) -> RowEvidence:
    """Regularised least squares: the posterior mean of matrices with independent normal entries.

    Args:
        disguised: C, ``(cells, r, d)``.
        originals: A, ``(cells, r, d)``.
        moment: Second moment of original rows, ``(cells, d, d)``.
        prior: The matrices' entries.
        noise: Variance of the noise on C.
    """
    cells, _, d = originals.shape
    identity = torch.eye(d, dtype=originals.dtype)
    # by Cholesky factors: batched LU of oneMKL fails on some processors with several threads
    factors = torch.linalg.cholesky(originals.mT @ originals / noise + identity / prior.variance)
    spread = torch.cholesky_inverse(factors)
    matrices = spread @ (originals.mT @ disguised / noise + prior.mean / prior.variance)
    unsure = torch.einsum("cij,cij->c", spread, moment)
    return RowEvidence(identity.expand(cells, d, d), matrices, (noise + unsure)[:, None].expand(cells, d))
