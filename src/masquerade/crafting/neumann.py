"""Algorithm 2 of Crafter (after Lorraine et al. 2020): the inverse Hessian product as a Neumann series."""

from dataclasses import dataclass
from typing import final

import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor

from masquerade.crafting.curvature import Curvature
from masquerade.errors import SeriesDiverged


@final
class NeumannOptions(BaseModel):
    """The series' parameters; defaults are the paper's.

    Args:
        alpha: Step; the series converges if every eigenvalue of the Hessian is above 0 and below 2 / alpha.
        terms: Terms after the first; the paper's "si", its code takes 120 on CelebA.
        growth_limit: A term so many times as long as the first is taken for divergence.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    alpha: float = Field(1e-3, gt=0, le=1e6)
    terms: int = Field(150, ge=1, le=1_000_000)
    growth_limit: float = Field(10.0, gt=1)


@final
@dataclass(frozen=True)
class Series:
    """A series that was summed.

    Args:
        product: ``(n, d)``, the sum times alpha: towards the inverse Hessian times the vector.
        contraction: Length of the last term over that before, ``(n,)``; 1 or more means that it does not converge.
        left: Length of the last term over the first, ``(n,)``: how much is missing at the end.
        products: Hessian products taken.
    """

    product: Tensor
    contraction: Tensor
    left: Tensor
    products: int


def approximate_inverse(
    curvature: Curvature, vectors: Tensor, options: NeumannOptions | None = None
) -> Series:
    """``approxInverseHVP``: v and p start as the vector; v loses alpha H v, p gains v; alpha p is the result.

    Args:
        curvature: The inversion loss around its minimum.
        vectors: ``dL_p/dz``, ``(n, d)``.
        options: Step and number of terms; the paper's if None.

    Raises:
        SeriesDiverged: As soon as a term is too long, or not finite.
    """
    options = options or NeumannOptions()
    term = vectors
    total = vectors.clone()
    first = vectors.norm(dim=1).clamp(min=torch.finfo(vectors.dtype).tiny)
    before = length = first
    for number in range(options.terms):
        term = term - options.alpha * curvature.hessian(term)
        total += term
        before, length = length, term.norm(dim=1)
        _require_bounded(length / first, number + 1, options)
    contraction = length / before.clamp(min=torch.finfo(vectors.dtype).tiny)
    return Series(options.alpha * total, contraction, length / first, options.terms)


def _require_bounded(growth: Tensor, term: int, options: NeumannOptions) -> None:
    bad = ~(growth <= options.growth_limit)
    if bool(bad.any()):
        raise SeriesDiverged(
            "the Neumann series diverges: its terms grow",
            value=f"{int(bad.sum())} of {len(bad)} photos, {float(growth[bad].max()):.3g} times the first at "
            f"term {term}",
            place=f"alpha {options.alpha:g}",
            remedy="Lower alpha, or take the fast solver, which needs none.",
        )
