"""The rotation of each cell, from second moments of the whole image.

Rotations start from matched eigenvectors of each cell, their signs from cross-covariances between cells.
Sweeps then predict all originals by Wiener filtering with the public moments and refit every rotation to its
prediction (Procrustes): expectation-maximisation of a Gaussian model, annealed in its noise.
"""

import numpy as np
import torch
from torch import Tensor

from masquerade.attacks.blocks.moments_layout import CellLayout
from masquerade.attacks.blocks.moments_spectrum import Spectrum

SWEEPS = 20
POWER_STEPS = 100
FAINT = 1e-3


def initial_rotations(
    disguised: Tensor, public: Tensor, layout: CellLayout, *, whitened: bool, rng: np.random.Generator
) -> Tensor:
    """Guess rotations ``(cells, size, size)`` that take disguised cells to originals, before any sweep.

    Args:
        disguised: Second moment ``(width, width)`` of the disguised images.
        public: The same of public images.
        layout: The cells.
        whitened: Whether every cell's own moment is the identity, so that only its covariances with other
            cells can tell its axes.
        rng: Randomness of the start vector.
    """
    seen, known = (_axes(moment, layout, whitened) for moment in (disguised, public))
    turned = _as_correlations(layout.turn_both(seen.mT, disguised))
    model = _as_correlations(layout.turn_both(known.mT, public))
    signs = _signs(turned, model, layout, rng)
    return known * signs.reshape(layout.cells, 1, layout.size) @ seen.mT


def sweep(
    disguised: Tensor, rotations: Tensor, spectrum: Spectrum, least: float, layout: CellLayout
) -> Tensor:
    """Refine rotations by annealed sweeps of prediction and Procrustes.

    Args:
        disguised: Second moment ``(width, width)`` of the disguised images, without their noise.
        rotations: Where to start, ``(cells, size, size)``.
        spectrum: Of the public second moment.
        least: Noise variance to stop at.
        layout: The cells.
    """
    for level in spectrum.levels(least):
        wiener = spectrum.filter(level)
        for _ in range(SWEEPS):
            before, rotations = rotations, _refit(disguised, rotations, wiener, layout)
            if float((rotations - before).square().mean()) * layout.size < 1e-7:
                break
    return rotations


def predictions(disguised: Tensor, rotations: Tensor, wiener: Tensor, layout: CellLayout) -> Tensor:
    """Correlate predicted originals with disguised cells, ``(width, width)``."""
    return wiener @ layout.turn(rotations, disguised)


def _refit(disguised: Tensor, rotations: Tensor, wiener: Tensor, layout: CellLayout) -> Tensor:
    span = layout.tied * layout.size
    turned = layout.turn(rotations, disguised).reshape(layout.width, layout.cells, span).transpose(0, 1)
    moments = torch.bmm(wiener.reshape(layout.cells, span, layout.width), turned)
    rows = moments.reshape(layout.cells, layout.tied, layout.size, layout.tied, layout.size)
    return polar(torch.einsum("ctitj->cij", rows))


def polar(moments: Tensor) -> Tensor:
    """Find the nearest orthogonal matrices (Procrustes)."""
    left, _, right = torch.linalg.svd(moments)
    nearest: Tensor = left @ right
    return nearest


def _axes(moment: Tensor, layout: CellLayout, whitened: bool) -> Tensor:
    """Eigenvectors of each cell's own moment or, whitened, of its summed squared cross-moments."""
    if whitened:
        span = layout.tied * layout.size
        others = moment.reshape(layout.cells, span, layout.cells, span).clone()
        others.diagonal(dim1=0, dim2=2).zero_()
        rows = others.reshape(layout.cells, layout.tied, layout.size, -1)
        own = torch.einsum("ctiw,ctjw->cij", rows, rows)
    else:
        own = layout.own(moment)
    axes: Tensor = torch.linalg.eigh(own.double())[1]
    return axes.float()


def _as_correlations(moment: Tensor) -> Tensor:
    # Axes that hold little more than noise must not count as much as the others.
    variances = moment.diagonal().clamp_min(0)
    scale = (variances + FAINT * variances.mean()).rsqrt()
    return moment * scale * scale[:, None]


def _signs(disguised: Tensor, public: Tensor, layout: CellLayout, rng: np.random.Generator) -> Tensor:
    """Signs ``(cells * size,)`` of all axes that make the two correlation matrices agree."""
    shape = (layout.cells, layout.tied, layout.size) * 2
    axes = layout.cells * layout.size
    agreement = (disguised * public).reshape(shape).sum((1, 4)).reshape(axes, axes)
    leading = torch.from_numpy(rng.standard_normal(axes)).float()
    for _ in range(POWER_STEPS):
        leading = agreement @ leading
        leading = leading / leading.norm()
    signs = torch.where(leading < 0, -1.0, 1.0)
    agreement.fill_diagonal_(0)
    pull = agreement @ signs
    for _ in range(10 * axes):
        worst = int((signs * pull).argmin())
        if signs[worst] * pull[worst] >= 0:
            break
        pull -= 2 * signs[worst] * agreement[:, worst]
        signs[worst] = -signs[worst]
    return signs
