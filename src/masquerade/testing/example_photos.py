"""Made-up photos for checks that need no faces."""

import torch
from torch import Tensor
from torch.nn import functional

from masquerade.disguises.base import Shape


def photos_with_a_flat_part(n: int, shape: Shape) -> Tensor:
    """Drawn pixels ``(n, *shape)``, uint8, always the same; the first is flat in its upper half."""
    drawn = torch.randint(0, 256, (n, *shape), generator=torch.Generator().manual_seed(7), dtype=torch.uint8)
    drawn[:1, :, : max(1, shape[1] // 2)] = 90
    return drawn


def textured_photos(n: int, shape: Shape) -> Tensor:
    """Smooth patterns with some grain, as photos have, float32 ``(n, *shape)`` of whole numbers of 0 to 255."""
    draw = torch.Generator().manual_seed(11)
    coarse = torch.randn((n, shape[0], 4, 4), generator=draw)
    smooth = functional.interpolate(coarse, shape[1:], mode="bicubic")
    return (127 + 45 * smooth + 8 * torch.randn((n, *shape), generator=draw)).round().clamp(0, 255)
