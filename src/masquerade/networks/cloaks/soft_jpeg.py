"""JPEG as gradients can pass through it: the format's own steps, with a rounding that has a slope.

Source: Shin and Song, "JPEG-resistant adversarial images" (2017): ``round(x) + (x - round(x))^3``. Tables: ITU-T T.81,
annex K; colours: JFIF.
"""

from functools import cache
from math import cos, pi, sqrt
from typing import Final

import torch
from torch import Tensor
from torch.nn import functional

_SIDE: Final = 8
_LUMINANCE: Final = (
    16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56,
    14, 17, 22, 29, 51, 87, 80, 62, 18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92,
    49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99,
)  # fmt: skip
_CHROMINANCE: Final = (
    17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99, 24, 26, 56, 99, 99, 99, 99, 99,
    47, 66, 99, 99, 99, 99, 99, 99, *(99,) * 32,
)  # fmt: skip
_TO_YCC: Final = ((0.299, 0.587, 0.114), (-0.168736, -0.331264, 0.5), (0.5, -0.418688, -0.081312))


def soft_jpeg(images: Tensor, quality: float) -> Tensor:
    """Photos as JPEG would leave them, nearly, differentiable.

    Args:
        images: float32 ``(n, 3, h, w)``, values 0 to 255; edges are repeated up to multiples of 16.
        quality: 1 to 100, as the common encoders count it.

    Returns:
        float32 ``(n, 3, h, w)``, values about 0 to 255.
    """
    h, w = images.shape[2:]
    padded = functional.pad(images, (0, -w % (2 * _SIDE), 0, -h % (2 * _SIDE)), mode="replicate")
    to_ycc = torch.tensor(_TO_YCC)
    planes = torch.einsum(
        "dc,nchw->ndhw", to_ycc, padded - 128.0 * torch.tensor([1.0, 1.0, 1.0])[:, None, None]
    )
    light = _coded(planes[:, :1], _table(_LUMINANCE, quality))
    colour = _coded(functional.avg_pool2d(planes[:, 1:], 2), _table(_CHROMINANCE, quality))
    wide = functional.interpolate(colour, scale_factor=2.0, mode="bilinear", align_corners=False)
    back = torch.einsum("dc,nchw->ndhw", torch.linalg.inv(to_ycc), torch.cat([light, wide], 1)) + 128.0
    return back[:, :, :h, :w]


def _coded(planes: Tensor, table: Tensor) -> Tensor:
    """Planes ``(n, c, h, w)`` through the transform, the table and back."""
    n, c, h, w = planes.shape
    basis = _basis()
    blocks = planes.reshape(n * c, h // _SIDE, _SIDE, w // _SIDE, _SIDE).transpose(2, 3)
    found = basis @ blocks @ basis.T / table
    kept = found.round().detach()
    restored = basis.T @ ((kept + (found - kept) ** 3) * table) @ basis
    return restored.transpose(2, 3).reshape(n, c, h, w)


@cache
def _basis() -> Tensor:
    """The cosine transform of 8 numbers, orthogonal ``(8, 8)``."""
    rows = [[cos((2 * x + 1) * u * pi / (2 * _SIDE)) for x in range(_SIDE)] for u in range(_SIDE)]
    scale = torch.tensor([sqrt(1 / _SIDE)] + [sqrt(2 / _SIDE)] * (_SIDE - 1))
    return torch.tensor(rows) * scale[:, None]


def _table(numbers: tuple[int, ...], quality: float) -> Tensor:
    """Steps of a quality ``(8, 8)``, scaled as the Independent JPEG Group does."""
    scale = 5000 / quality if quality < 50 else 200 - 2 * quality
    steps = ((torch.tensor(numbers, dtype=torch.float32) * scale + 50) / 100).floor()
    return steps.clamp(1, 255).view(_SIDE, _SIDE)
