"""The sum of a Neumann series from few Hessian products, by Lanczos's method.

The sum of i + 1 terms is a function of the Hessian, ``(1 - (1 - alpha h)**(i + 1)) / h``. The space that a
handful of Hessian products spans holds that function's value nearly, so that the paper's truncated series,
regularising as it does, comes out the same as from its 150 products.
"""

from typing import Final

import torch
from torch import Tensor

from masquerade.crafting.curvature import Curvature
from masquerade.crafting.neumann import NeumannOptions, Series
from masquerade.errors import SeriesDiverged

_MOST: Final = 60
"""Most Hessian products."""


def summed(
    curvature: Curvature,
    vectors: Tensor,
    options: NeumannOptions | None = None,
    tolerance: float = 1e-4,
    most: int = _MOST,
) -> Series:
    """The series that ``approximate_inverse`` sums term by term, up to a relative ``tolerance``.

    Args:
        curvature: The inversion loss around its minimum.
        vectors: ``(n, d)``.
        options: Step and number of terms; the paper's if None.
        tolerance: Relative change by the last product at which it stops.
        most: Most Hessian products.

    Raises:
        SeriesDiverged: If the Hessian has eigenvalues at which the series diverges.
    """
    options = options or NeumannOptions()
    most = min(most, vectors.shape[1], options.terms)
    size = vectors.norm(dim=1, keepdim=True)
    tiny = torch.finfo(vectors.dtype).tiny
    basis = [vectors / size.clamp(min=tiny)]
    diagonal: list[Tensor] = []
    beside: list[Tensor] = []
    before = torch.zeros(len(vectors), 0).to(vectors)
    while True:
        pushed = curvature.hessian(basis[-1])
        diagonal.append((pushed * basis[-1]).sum(1))
        values, directions = torch.linalg.eigh(_tridiagonal(diagonal, beside))
        _require_converging(values, directions[:, 0], options)
        weights = _filtered(values, directions, options)
        change = (weights - torch.nn.functional.pad(before, (0, 1))).norm(dim=1)
        if len(diagonal) == most or bool((change <= tolerance * weights.norm(dim=1)).all()):
            break
        before = weights
        rest = _orthogonal(pushed, torch.stack(basis, 1))
        length = rest.norm(dim=1)
        beside.append(length)
        basis.append(rest / length.clamp(min=tiny).unsqueeze(1))
    product = size * (weights.unsqueeze(1) @ torch.stack(basis, 1)).squeeze(1)
    contraction = (1 - options.alpha * values).abs().amax(1)
    return Series(product, contraction, contraction**options.terms, len(diagonal))


def _tridiagonal(diagonal: list[Tensor], beside: list[Tensor]) -> Tensor:
    matrix = torch.diag_embed(torch.stack(diagonal, 1))
    if beside:
        off = torch.diag_embed(torch.stack(beside, 1), 1)
        matrix = matrix + off + off.mT
    return matrix


def _filtered(values: Tensor, directions: Tensor, options: NeumannOptions) -> Tensor:
    """The function of the tridiagonal matrix, first column."""
    shrunk = options.alpha * values
    safe = torch.where(shrunk.abs() < 1e-6, torch.ones_like(shrunk), shrunk)
    total = (1 - (1 - safe) ** (options.terms + 1)) / safe
    total = torch.where(shrunk.abs() < 1e-6, torch.full_like(shrunk, options.terms + 1.0), total)
    weights: Tensor = (directions * (options.alpha * total * directions[:, 0]).unsqueeze(1)).sum(2)
    return weights


def _orthogonal(pushed: Tensor, basis: Tensor) -> Tensor:
    """What of ``pushed`` no earlier direction holds; twice, against rounding."""
    for _ in range(2):
        pushed = pushed - ((basis @ pushed.unsqueeze(2)).mT @ basis).squeeze(1)
    return pushed


def _require_converging(values: Tensor, first: Tensor, options: NeumannOptions) -> None:
    """Ritz values lie within the Hessian's spectrum: what diverges on them diverges on it."""
    growth = ((1 - options.alpha * values).abs() ** options.terms * first.abs()).amax(1)
    bad = ~(growth <= options.growth_limit)
    if bool(bad.any()):
        raise SeriesDiverged(
            "the Neumann series would diverge",
            value=f"{int(bad.sum())} of {len(bad)} photos, by a factor of {float(growth[bad].max()):.3g}",
            place=f"alpha {options.alpha:g}",
            remedy="Lower alpha, or take the inverse instead of the series.",
        )
