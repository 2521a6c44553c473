"""A stand-in for the Hessian that is kept for many iterations: the Gauss-Newton matrix of each photo, factored."""

from typing import Final, final

import torch
from torch import Tensor

from masquerade.crafting.curvature import Curvature
from masquerade.crafting.objective import INVERSION_SCALE
from masquerade.crafting.reconstruction import LatentDecoder
from masquerade.errors import CraftingError

_COLUMNS: Final = 16
"""Columns of a Jacobian at a time, from as many copies of the latent, whose pass they share."""


@final
class Metric:
    """``J'J`` with the loss's factors, damped, as Cholesky factors; solves steps and preconditions.

    It only has to resemble the Hessian, so it stays in use while features and latents move.

    Args:
        matrices: ``(n, d, d)``, symmetric, not negative.
        damping: Share of the mean diagonal element that is added to the diagonal.

    Raises:
        CraftingError: If a matrix is not finite or not positive.
    """

    def __init__(self, matrices: Tensor, damping: float) -> None:
        diagonal = matrices.diagonal(dim1=1, dim2=2)
        floor = torch.finfo(matrices.dtype).eps
        added = (damping + floor * matrices.shape[1]) * diagonal.mean(1, keepdim=True) + floor
        damped = matrices + torch.diag_embed(added.expand_as(diagonal))
        factors, info = torch.linalg.cholesky_ex(damped)
        if bool(info.any()) or not bool(factors.isfinite().all()):
            raise CraftingError(
                "the Gauss-Newton matrix cannot be factored",
                remedy="Look at the start latents' numbers, or raise the damping.",
            )
        # The inverse is applied tens of times, so that its product is cheaper than two triangular systems.
        self.inverse = torch.cholesky_inverse(factors)

    def solve(self, vectors: Tensor, rows: slice = slice(None)) -> Tensor:
        """The inverse times vectors ``(m, d)`` of the photos in ``rows``."""
        product: Tensor = torch.bmm(self.inverse[rows], vectors.unsqueeze(2)).squeeze(2)
        return product

    @classmethod
    def at(
        cls,
        rebuild: LatentDecoder,
        latents: Tensor,
        scale: float = INVERSION_SCALE,
        damping: float = 1e-3,
    ) -> "Metric":
        """The metric at latents ``(n, d)``; takes about ``d`` passes forward a photo."""
        return cls(torch.stack([gauss_newton_matrix(rebuild, latent, scale) for latent in latents]), damping)

    def replace(self, rows: Tensor, other: "Metric") -> None:
        """Take another metric's matrices for the photos whose numbers stand in ``rows``."""
        self.inverse[rows] = other.inverse


def gauss_newton_matrix(rebuild: LatentDecoder, latent: Tensor, scale: float) -> Tensor:
    """``J'J`` of one photo's latent ``(d,)``, times the loss's factors, ``(d, d)``."""
    d = len(latent)
    copies = latent.expand(min(_COLUMNS, d), d)
    features = torch.zeros(len(copies), *rebuild.feature_shape).to(latent)
    curvature = Curvature(rebuild, features, copies, scale)
    units = torch.eye(-(-d // len(copies)) * len(copies), d).to(latent)
    columns = torch.cat([curvature.mixed(some).flatten(1) for some in torch.split(units, len(copies))])[:d]
    return columns @ columns.T * (columns.shape[1] / (2 * scale))
