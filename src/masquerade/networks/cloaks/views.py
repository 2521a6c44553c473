"""How a recogniser may come to see a published photo: cut, turned and mirrored anew, saved smaller, as JPEG.

A cloak that is optimised through such views is felt by recognisers that it was not made against; without them it is
not (Xie et al. 2019, "Improving transferability of adversarial examples with input diversity").
"""

from dataclasses import dataclass
from functools import cache
from math import cos, sin
from typing import Final, final

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from masquerade.networks.cloaks.soft_jpeg import soft_jpeg

_SCALE: Final = 0.1
_TURN: Final = 0.1
_SHIFT: Final = 0.07
_QUALITIES: Final = (50, 95)
_SMALLEST: Final = 3 / 7
"""Share of height and width that photos are brought to at least: 48 of 112 pixels."""
_LARGEST: Final = 13 / 14


@final
@dataclass(frozen=True)
class PhotoView:
    """One way to see a photo.

    Args:
        scale: What height and width are divided by, about 1.
        turn: Radians.
        shift: Along the width and down, as shares of half the width.
        mirrored: Whether left is right.
        quality: Of a JPEG that it was saved as; None if it was not.
        smaller: Share of height and width that it was brought to and back; None if it was not.
    """

    scale: float
    turn: float
    shift: tuple[float, float]
    mirrored: bool
    quality: int | None
    smaller: float | None

    def __call__(self, photos: Tensor) -> Tensor:
        """Photos ``(n, 3, h, w)``, 0 to 255, as seen; differentiable."""
        way = self.scale * cos(self.turn), self.scale * sin(self.turn)
        side = -1.0 if self.mirrored else 1.0
        rows = [[side * way[0], -way[1], self.shift[0]], [side * way[1], way[0], self.shift[1]]]
        map_ = torch.tensor(rows).expand(len(photos), -1, -1)
        grid = functional.affine_grid(map_, list(photos.shape), align_corners=False)
        seen = functional.grid_sample(photos, grid, padding_mode="border", align_corners=False)
        if self.quality is not None:
            seen = soft_jpeg(seen, self.quality)
        if self.smaller is not None:
            h, w = photos.shape[2:]
            small = (max(1, round(h * self.smaller)), max(1, round(w * self.smaller)))
            seen = functional.interpolate(seen, small, mode="bilinear", antialias=True)
            seen = functional.interpolate(seen, (h, w), mode="bilinear", align_corners=False)
        return seen


@cache
def views(count: int) -> tuple[PhotoView, ...]:
    """The first views of a row that is the same everywhere: there is no secret in it."""
    drawn = np.random.default_rng(0)
    return tuple(_view(drawn) for _ in range(count))


def _view(drawn: np.random.Generator) -> PhotoView:
    around = drawn.uniform(-1, 1, 4).tolist()
    is_mirrored, is_jpeg, is_small = (drawn.random(3) < 0.5).tolist()
    quality, share = int(drawn.integers(*_QUALITIES)), float(drawn.uniform(_SMALLEST, _LARGEST))
    return PhotoView(
        scale=1 + _SCALE * around[0],
        turn=_TURN * around[1],
        shift=(_SHIFT * around[2], _SHIFT * around[3]),
        mirrored=is_mirrored,
        quality=quality if is_jpeg else None,
        smaller=share if is_small else None,
    )
