"""The inverse Hessian product by preconditioned conjugate gradients, many photos at once."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor

Product = Callable[[Tensor], Tensor]
"""A matrix of each photo times vectors ``(n, d)``."""


@final
@dataclass(frozen=True)
class LinearSolution:
    """What was found.

    Args:
        product: The inverse times the vectors, ``(n, d)``.
        left: Length of the residual over that of the vector, both in the preconditioner's norm, ``(n,)``.
        negative: Photos along one of whose directions the matrix was not positive, ``(n,)``; they stopped there.
        products: Products with the matrix that were taken.
    """

    product: Tensor
    left: Tensor
    negative: Tensor
    products: int


def solve(
    matrix: Product, precondition: Product, vectors: Tensor, start: Tensor, tolerance: float, most: int
) -> LinearSolution:
    """Solve for each photo by itself; those that are done wait for the others.

    Args:
        matrix: Symmetric, positive where it converges.
        precondition: Roughly the inverse of the matrix; symmetric, positive.
        vectors: Right-hand sides, ``(n, d)``.
        start: First guess, ``(n, d)``: zeros, or the last iteration's.
        tolerance: Largest ``left`` that is taken for done.
        most: Most products.
    """
    found = start.clone()
    residual = vectors - matrix(found)
    step = close = precondition(residual)
    aim = _dot(vectors, precondition(vectors)).clamp(min=torch.finfo(vectors.dtype).tiny)
    size = _dot(residual, close)
    negative = torch.zeros(len(vectors), dtype=torch.bool, device=vectors.device)
    taken = 1
    while taken < most:
        active = (size > tolerance**2 * aim) & ~negative
        if not bool(active.any()):
            break
        pushed = matrix(step)
        taken += 1
        bend = _dot(step, pushed)
        negative |= active & ~(bend > 0)
        active &= ~negative
        length = torch.where(active, size / bend, torch.zeros_like(size)).unsqueeze(1)
        found = found + length * step
        residual = residual - length * pushed
        close = precondition(residual)
        before, size = size, torch.where(active, _dot(residual, close), size)
        turn = torch.where(active, size / before, torch.zeros_like(size)).unsqueeze(1)
        step = torch.where(active.unsqueeze(1), close + turn * step, step)
    return LinearSolution(found, (size.clamp(min=0) / aim).sqrt(), negative, taken)


def _dot(one: Tensor, other: Tensor) -> Tensor:
    return (one * other).sum(1)
