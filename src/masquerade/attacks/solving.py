"""Symmetric positive definite systems of attacks, solved alike on every processor and with any number of threads.

By Cholesky factors in float64. An LU in float32 of some thousand numbers leaves residuals of a hundredth that change
with the number of threads, and fails outright on some processors.
"""

from typing import Final

import torch
from torch import Tensor

from masquerade.errors import AttackError

MOST_RESIDUAL: Final = 1e-6
"""Largest length of ``gram @ solution - towards``, as a share of that of ``towards``."""


def solved(gram: Tensor, towards: Tensor) -> Tensor:
    """The solution of ``gram @ solution = towards``.

    Args:
        gram: Symmetric positive definite matrices ``(..., p, p)``; the caller has added what keeps them so.
        towards: Right-hand sides ``(..., p, q)``.

    Returns:
        ``(..., p, q)``, of the type of ``towards``.

    Raises:
        AttackError: If a matrix is not positive definite, or so close to singular that the solution is not one.
    """
    matrix, wanted = _symmetric(gram), towards.double()
    solution = torch.cholesky_solve(wanted, _factors(matrix))
    left = float((matrix @ solution - wanted).norm() / wanted.norm().clamp_min(1e-300))
    if not left <= MOST_RESIDUAL:
        raise AttackError(
            "a linear system has no sound solution",
            value=f"residual {left:.2g}, at most {MOST_RESIDUAL:g}",
            remedy="Give the attack more photos, or a larger ridge.",
        )
    return solution.to(towards.dtype)


def inverted(gram: Tensor) -> tuple[Tensor, Tensor]:
    """Inverses of symmetric positive definite matrices ``(..., p, p)``, and the logarithms of determinants ``(...)``.

    Raises:
        AttackError: If a matrix is not positive definite.
    """
    factors = _factors(_symmetric(gram))
    logarithm = 2 * factors.diagonal(dim1=-2, dim2=-1).log().sum(-1)
    return torch.cholesky_inverse(factors).to(gram.dtype), logarithm.to(gram.dtype)


def inverse_root(gram: Tensor, ridge: float) -> Tensor:
    """The inverse square root of a symmetric positive semi-definite matrix, float64, by its eigenvectors.

    Args:
        gram: ``(p, p)``.
        ridge: What is added to each eigenvalue, as a share of their mean; more than 0.
    """
    values, vectors = torch.linalg.eigh(_symmetric(gram))
    scale = values.mean().clamp_min(1e-300)
    root: Tensor = (vectors * (values.clamp_min(0) + ridge * scale).rsqrt()) @ vectors.T
    return root


def _symmetric(gram: Tensor) -> Tensor:
    matrix = gram.double()
    return (matrix + matrix.mT) / 2


def _factors(matrix: Tensor) -> Tensor:
    factors: Tensor
    factors, failed = torch.linalg.cholesky_ex(matrix)
    if bool((failed != 0).any()) or not bool(factors.isfinite().all()):
        raise AttackError(
            "a linear system is not positive definite",
            value=f"{matrix.shape[-1]} unknowns",
            remedy="Give the attack more photos, or a larger ridge.",
        )
    return factors
