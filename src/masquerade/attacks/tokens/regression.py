"""How to undo a map of tokens that is known on a few of them only: ridge regression backwards, with a prior."""

from dataclasses import dataclass
from typing import Final, Protocol

import torch
from torch import Tensor

from masquerade.attacks.tokens.statistics import TokenStatistics, of_unit_length

PENALTIES: Final = tuple(10.0**power for power in range(-9, 2))
"""Ridge penalties tried, relative to the mean energy of a token."""
WIDTH: Final = 1.0
"""Squared width of the kernel in multiples of the median squared distance between tokens."""
LINEAR_SHARE: Final = 0.1
"""Weight of the linear kernel beside the radial one."""
SHOWN: Final = 1e-4
"""Singular value from which pairs show an axis, relative to the largest."""
AT_ONCE: Final = 64


class InverseMap(Protocol):
    """Undoes disguised tokens, as far as pairs told."""

    @property
    def error(self) -> float:
        """Mean square of what tokens left out of the fit were guessed wrong by."""
        ...

    def undo(self, disguised: Tensor) -> Tensor:
        """Guessed originals ``(n, t, d)`` of placed tokens ``(n, t, e)``."""
        ...

    def as_far(self, originals: Tensor) -> Tensor:
        """What ``undo`` would give of these originals ``(n, t, d)`` at best."""
        ...


@dataclass(frozen=True)
class LinearUndoing:
    """A matrix backwards.

    Args:
        back: From disguised to original tokens, ``(d, d)``.
        shown: Projects originals on what the pairs showed of them, ``(d, d)``.
        error: Mean square of what rows left out were guessed wrong by.
    """

    back: Tensor
    shown: Tensor
    error: float

    def undo(self, disguised: Tensor) -> Tensor:
        """Tokens times ``back``."""
        return disguised @ self.back

    def as_far(self, originals: Tensor) -> Tensor:
        """Tokens on the axes that the pairs showed."""
        return originals @ self.shown


@dataclass(frozen=True)
class KernelUndoing:
    """A smooth function backwards.

    Args:
        seen: Disguised tokens of the pairs, of unit length, ``(r, e)``.
        width: Squared width of the kernel.
        weights: ``(r, d)``.
        centre: Added to every guess, ``(d,)``.
        error: Mean square of what rows left out were guessed wrong by.
    """

    seen: Tensor
    width: float
    weights: Tensor
    centre: Tensor
    error: float

    def undo(self, disguised: Tensor) -> Tensor:
        """Kernel regression, token by token."""
        parts = [
            kernel(of_unit_length(part), self.seen, self.width) @ self.weights
            for part in torch.split(disguised, AT_ONCE)
        ]
        return torch.cat(parts) + self.centre

    def as_far(self, originals: Tensor) -> Tensor:
        """The originals."""
        return originals


def fit_linear(
    disguised: Tensor, originals: Tensor, seen: TokenStatistics, known: TokenStatistics
) -> LinearUndoing:
    """Regression from disguised to original tokens, both whitened.

    With fewer tokens than numbers of a token, the least regression of all that fit is taken. After whitening
    that is the best linear guess: on axes that no pair shows, tokens are guessed to be nothing.

    Args:
        disguised: Tokens of the pairs in their places, ``(r, d)``.
        originals: The same of the originals.
        seen: Statistics of released tokens.
        known: Statistics of other people's originals.
    """
    inputs, outputs = disguised @ seen.whitening, originals @ known.whitening
    left, values, _ = torch.linalg.svd(inputs.double(), full_matrices=False)
    weights, error = _ridge(left, values.square(), outputs.double())
    back = inputs.double().T @ weights
    axes = torch.linalg.svd(outputs.double(), full_matrices=False)
    kept = axes.S / axes.S[0] > SHOWN
    projector = (axes.Vh[kept].T @ axes.Vh[kept]).float()
    return LinearUndoing(
        seen.whitening @ back.float() @ known.colouring,
        known.whitening @ projector @ known.colouring,
        error,
    )


def fit_kernel(disguised: Tensor, originals: Tensor) -> KernelUndoing:
    """Kernel regression from disguised tokens ``(r, e)``, of unit length, to originals ``(r, d)``."""
    inputs, centre = of_unit_length(disguised), originals.mean(0)
    width = WIDTH * float(torch.cdist(inputs, inputs).square().median())
    values, axes = torch.linalg.eigh(kernel(inputs, inputs, width).double())
    weights, error = _ridge(axes, values.clamp_min(0), (originals - centre).double())
    return KernelUndoing(inputs, width, weights.float(), centre, error)


def kernel(left: Tensor, right: Tensor, width: float) -> Tensor:
    """Radial plus a little linear kernel between tokens ``(..., e)`` and ``(r, e)``."""
    inner = left @ right.T
    return torch.exp((inner - 1) / max(width, 1e-9)) + LINEAR_SHARE * inner


def _ridge(axes: Tensor, values: Tensor, outputs: Tensor) -> tuple[Tensor, float]:
    """Ridge regression's weights of rows, and the error of rows left out, at the best penalty.

    Args:
        axes: Eigenvectors ``(r, q)`` of the rows' inner products; all others belong to the eigenvalue 0.
        values: Their eigenvalues ``(q,)``.
        outputs: ``(r, d)``.
    """
    along = axes.T @ outputs
    rest, leverage = outputs - axes @ along, axes.square()
    mean = values.sum() / len(axes)
    best, least = outputs, float("inf")
    for penalty in PENALTIES:
        inverse, outside = 1 / (values + penalty * mean), 1 / (penalty * mean)
        weights = axes @ (inverse[:, None] * along) + outside * rest
        own = leverage @ inverse + outside * (1 - leverage.sum(1)).clamp_min(0)
        error = float((weights / own[:, None]).square().mean())
        if error < least:
            best, least = weights, error
    return best, least
