"""Wiener filter for images seen through known, noisy matrices, tile by tile, with other images as prior."""

from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor

from masquerade.attacks.blocks.known_pairs_fitting import RowEvidence
from masquerade.attacks.blocks.moments_layout import CellLayout
from masquerade.attacks.solving import solved

NUMBERS: Final = 1100
"""Pixels of one tile at most: the filter solves equations of this size."""
PRIOR_MEAN_WEIGHT: Final = 10
"""The prior's mean picture counts as much as a flat one at this number of images."""


@dataclass(frozen=True)
class Prior:
    """Other images as the matrices would meet them and as they are in the picture, ``(n, c, h, w)``.

    Args:
        met: As the matrices would meet them, but for the noise.
        wanted: As they are.
        noise: Variance of the noise that the matrices would meet as well.
    """

    met: Tensor
    wanted: Tensor
    noise: float = 0.0


def restore(disguised: Tensor, measured: RowEvidence, prior: Prior, layout: CellLayout) -> Tensor:
    """The best linear guess of the originals.

    Args:
        disguised: Cells in their right places ``(cells, n, tied, d)``.
        measured: The matrices.
        prior: Other images, without the noise around its mean.
        layout: The cells.

    Returns:
        float32 ``(n, c, h, w)`` of 0 to 255.
    """
    n = disguised.shape[1]
    c, h, w = prior.met.shape[1:]
    index = torch.arange(c * h * w).reshape(1, c, h, w)
    cells_of_pixels = layout.cut(index)[:, 0]
    read = disguised.double() @ measured.read[:, None]
    height, width = _tile(layout, int(h), int(w))
    met, wanted = prior.met.double(), prior.wanted.double()
    stationary = _stationary(met, height, width)
    pixels = torch.empty(n, c * h * w, dtype=torch.float64)
    for top in range(0, h, height):
        for left in range(0, w, width):
            inside = index[0, :, top : top + height, left : left + width]
            cells = torch.isin(cells_of_pixels[:, 0, 0], inside).nonzero().flatten()
            places = cells_of_pixels[cells].flatten()
            local = torch.searchsorted(inside.flatten(), places)
            tile = _Tile(met.flatten(1)[:, places], wanted.flatten(1)[:, places], stationary[local][:, local])
            tile.covariance.diagonal().add_(prior.noise)
            seen = read[cells].transpose(0, 1).flatten(1)
            pixels[:, places] = tile.guess(
                seen, measured.meets[cells], measured.noise[cells], cells_of_pixels.shape[1]
            )
    return pixels.reshape(n, int(c), int(h), int(w)).float().clamp(0, 255)


class _Tile:
    """Statistics of one tile.

    Args:
        met: Prior images as the matrices meet them, ``(n, p)``.
        wanted: The same in the picture, ``(n, p)``.
        stationary: Covariance that depends on distance alone, ``(p, p)``, of ``met``.
    """

    def __init__(self, met: Tensor, wanted: Tensor, stationary: Tensor) -> None:
        n, p = met.shape
        share = n / (n + PRIOR_MEAN_WEIGHT)
        self.met_mean = share * met.mean(0) + (1 - share) * met.mean()
        self.mean = share * wanted.mean(0) + (1 - share) * wanted.mean()
        met, wanted = met - self.met_mean, wanted - self.mean
        weight = n / (n + p)
        self.covariance = weight * met.T @ met / n + (1 - weight) * stationary
        offset = bool((met - wanted).std() < 1e-3)
        self.towards = self.covariance.clone() if offset else met.T @ wanted / n

    def guess(self, seen: Tensor, meets: Tensor, noise: Tensor, tied: int) -> Tensor:
        """Pixels ``(n, p)`` from measured numbers ``(n, p)``."""
        gram = _turn(meets, _turn(meets, self.covariance, tied).T, tied)
        gram.diagonal().add_(noise[:, None, :].expand(-1, tied, -1).flatten())
        weights = solved(gram, _turn(meets, self.towards, tied))
        expected = _turn(meets, self.met_mean[:, None], tied)[:, 0]
        pixels: Tensor = (seen - expected) @ weights + self.mean
        return pixels


def _turn(meets: Tensor, rows: Tensor, tied: int) -> Tensor:
    """The transpose of blockdiag(meets), applied to ``(p, q)``."""
    cells, d, _ = meets.shape
    turned: Tensor = meets.mT[:, None] @ rows.reshape(cells, tied, d, -1)
    return turned.reshape(len(rows), -1)


def _tile(layout: CellLayout, height: int, width: int) -> tuple[int, int]:
    """Height and width of the largest tile of whole blocks that tiles the image and is small enough."""
    grid = layout.grid
    sizes = [
        (rows * grid.block_height, columns * grid.block_width)
        for rows in range(1, grid.rows + 1)
        for columns in range(1, grid.columns + 1)
        if grid.rows % rows == 0 and grid.columns % columns == 0
    ]
    small = [size for size in sizes if grid.channels * size[0] * size[1] <= NUMBERS]
    return max(small or sizes[:1], key=lambda size: (size[0] * size[1], min(size)))


def _stationary(images: Tensor, height: int, width: int) -> Tensor:
    """Covariance of pixels in a ``height`` x ``width`` window that depends on their distance alone."""
    c = images.shape[1]
    centred = images - images.mean((0, 2, 3), keepdim=True)
    size = (images.shape[2] + height, images.shape[3] + width)
    spectrum = torch.fft.rfft2(centred, size)
    power = torch.stack([(spectrum * spectrum[:, k : k + 1].conj()).mean(0) for k in range(c)], 1)
    correlation = torch.fft.irfft2(power, size) / (images.shape[2] * images.shape[3])
    ys, xs = (torch.arange(side)[:, None] - torch.arange(side) for side in (height, width))
    table: Tensor = correlation[:, :, ys[:, None, :, None], xs[None, :, None, :]]
    return table.permute(0, 2, 3, 1, 4, 5).reshape(c * height * width, -1)
