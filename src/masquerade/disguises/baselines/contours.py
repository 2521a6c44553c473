"""The face erased but for its contours: lines where brightness changes most, and nothing else."""

from dataclasses import dataclass
from typing import Final, final

import torch
from torch import Tensor

from masquerade.disguises.baselines.gaussian_blur import blurring
from masquerade.disguises.baselines.photo_tool import WHITE, PhotoTool, across
from masquerade.disguises.checks import require_number
from masquerade.traits import Traits

_LUMA: Final = (0.299, 0.587, 0.114)
_FINE: Final = 1 << 20
"""Steps of a grey level that slopes are counted in: rounding does not decide which pixel is steeper."""


@final
@dataclass(frozen=True)
class Contours(PhotoTool):
    """White lines on black where a slightly blurred photo is steepest: eyes, mouth, nose and outline as in a drawing.

    The landmarks of a face stay and its skin goes; no landmark detector is asked, so that nothing is missed.

    Args:
        share: Share of the pixels that are lines, .001 to .5.
        sigma: Blur before slopes are taken, .3 to 20, in pixels.

    Raises:
        UsageError: If a parameter is out of its range.
    """

    share: float = 0.1
    sigma: float = 1.5

    traits = Traits(deterministic=True, linear=False, same_map=True, keeps_inner_products=False)

    def __post_init__(self) -> None:
        require_number("share of pixels", self.share, 0.001, 0.5, "Contours")
        require_number("standard deviation of a blur", self.sigma, 0.3, 20, "Contours")

    def changed(self, photos: Tensor) -> Tensor:
        """The steepest pixels of each photo, in every channel alike."""
        height, width = photos.shape[2:]
        smooth = across(_grey(photos), blurring(height, self.sigma), blurring(width, self.sigma))
        down, along = torch.gradient(smooth, dim=(1, 2))
        slopes = ((down.square() + along.square()).sqrt() * _FINE).round().flatten(1)
        lines = slopes.topk(max(1, round(self.share * height * width)), 1).values[:, -1:]
        drawn = (slopes >= lines.clamp_min(1)).double().view(-1, 1, height, width) * WHITE
        return drawn.expand(photos.shape)


def _grey(photos: Tensor) -> Tensor:
    """Brightness ``(n, h, w)``: of colours as television weighs them, of anything else the mean."""
    if photos.shape[1] != len(_LUMA):
        return photos.mean(1)
    return torch.einsum("nchw,c->nhw", photos, photos.new_tensor(_LUMA))
