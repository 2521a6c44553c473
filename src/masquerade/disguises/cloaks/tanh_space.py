"""Photos as hyperbolic tangents: whatever the numbers, a photo of 0 to 255 comes out (Fawkes, published code)."""

from typing import Final, final

import torch
from torch import Tensor

_STRETCH: Final = 2 - 1e-6
"""A little below 2, so that 0 and 255 have finite numbers too; they hardly move, as in the published code."""


@final
class TanhSpace:
    """Changes of photos as numbers without bounds, and back.

    Args:
        photos: float32 ``(n, 3, h, w)``, values 0 to 255.
        bound: Most that a pixel may change, in grey levels.
    """

    def __init__(self, photos: Tensor, bound: float) -> None:
        self._photos = photos
        self._bound = bound
        self._places = ((photos / 255 - 0.5) * _STRETCH).atanh_()

    def at(self, change: Tensor) -> tuple[Tensor, Tensor]:
        """Photos with a change, and how much each pixel moves with its number.

        Args:
            change: Numbers ``(n, 3, h, w)``; 0 is the photo itself.

        Returns:
            float32 ``(n, 3, h, w)``, 0 to 255 and within the bound; grey levels for each unit of ``change``, 0
            where the bound holds the pixel.
        """
        tangents = (self._places + change).tanh_()
        moved = (tangents / _STRETCH).add_(0.5).mul_(255).sub_(self._photos)
        slopes = tangents.square_().neg_().add_(1).mul_(255 / _STRETCH)
        slopes.masked_fill_(moved.abs() > self._bound, 0.0)
        return moved.clamp_(-self._bound, self._bound).add_(self._photos), slopes


def whole_levels(photos: Tensor, originals: Tensor, bound: float) -> Tensor:
    """Photos of whole grey levels 0 to 255, float32, within ``bound`` of their originals after rounding too."""
    low, high = (originals - bound).ceil_().clamp_(min=0), (originals + bound).floor_().clamp_(max=255)
    return torch.minimum(torch.maximum(photos.round(), low), high)
