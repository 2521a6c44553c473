"""Gaussian blur over the whole photo: what most people mean by making a face unrecognisable."""

from dataclasses import dataclass
from math import ceil
from typing import Final, final

import torch
from torch import Tensor

from masquerade.disguises.baselines.photo_tool import PhotoTool, across
from masquerade.disguises.checks import require_number
from masquerade.traits import Traits

_REACH: Final = 4
"""Standard deviations beyond which the kernel is cut off."""


@final
@dataclass(frozen=True)
class GaussianBlur(PhotoTool):
    """Each pixel becomes the weighted mean of those around it; beyond the edge, the edge goes on.

    Args:
        sigma: Standard deviation of the kernel, .1 to 1000, in pixels at the size of the photos as they are protected.

    Raises:
        UsageError: If ``sigma`` is no such number.
    """

    sigma: float = 8.0

    traits = Traits(deterministic=True, linear=True, same_map=True, keeps_inner_products=False)

    def __post_init__(self) -> None:
        require_number("standard deviation of a blur", self.sigma, 0.1, 1000, "GaussianBlur")

    def changed(self, photos: Tensor) -> Tensor:
        """Blur down the columns and along the rows."""
        height, width = photos.shape[2:]
        return across(photos, blurring(height, self.sigma), blurring(width, self.sigma))


def blurring(size: int, sigma: float) -> Tensor:
    """A blur of so many pixels in a row, float64 ``(size, size)``; each row adds up to one."""
    reach = ceil(_REACH * sigma)
    offsets = torch.arange(-reach, reach + 1)
    kernel = torch.exp(-0.5 * (offsets.double() / sigma) ** 2)
    seen = (torch.arange(size)[:, None] + offsets).clamp(0, size - 1)
    weights = (kernel / kernel.sum()).expand(size, -1)
    return torch.zeros((size, size), dtype=torch.float64).scatter_add_(1, seen, weights)
