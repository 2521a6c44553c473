"""The adjoint of a MaskNet, written in forward operations: which pixels move its features a given way.

Automatic differentiation gives the same numbers; written out, they need no graph, and can leave with a
network that is exported.
"""

from dataclasses import dataclass
from typing import Final, final

import torch
from torch import Tensor
from torch.nn import functional

from masquerade.networks.cloaks.masknet import SLOPE, MaskNet

_POOL: Final = 4
_SCALE: Final = 127.5
_LEAST: Final = 1e-12
_FINE: Final = 2.0**30
"""Parts of 1 to which maps of float64 are rounded."""


@final
@dataclass(frozen=True)
class Pass:
    """What a MaskNet saw on its way forward through photos.

    Args:
        features: Of the photos, ``(n, features)``.
        before: The features before the last leaky ReLU.
        pooled: Maps after each pooling, before the leaky ReLU.
        chosen: Which pixel each pooling took.
        sides: Height and width before each pooling.
    """

    features: Tensor
    before: Tensor
    pooled: tuple[Tensor, Tensor]
    chosen: tuple[Tensor, Tensor]
    sides: tuple[int, int]


def traced(masknet: MaskNet, images: Tensor) -> Pass:
    """The way forward, kept.

    Args:
        masknet: The MaskNet.
        images: float32 ``(n, 3, size, size)``, values 0 to 255, of the structure's own size.
    """
    scaled = (images / _SCALE - 1).contiguous(memory_format=torch.channels_last)  # pools ten times faster
    first, seen_first, side_first = _pooled(scaled, masknet.conv1)
    second, seen_second, side_second = _pooled(functional.leaky_relu(first, SLOPE), masknet.conv2)
    before = functional.linear(functional.leaky_relu(second, SLOPE).flatten(1), masknet.fc)
    features = functional.leaky_relu(before, SLOPE)
    return Pass(features, before, (first, second), (seen_first, seen_second), (side_first, side_second))


def adjoint(masknet: MaskNet, forward: Pass, directions: Tensor) -> Tensor:
    """Gradient of ``(features * directions).sum()`` in the photos.

    Args:
        masknet: The MaskNet.
        forward: Its way through the photos.
        directions: ``(n, features)``.

    Returns:
        ``(n, 3, size, size)``.
    """
    back = _leaky(directions, forward.before) @ masknet.fc
    back = _leaky(back.view(forward.pooled[1].shape), forward.pooled[1])
    back = _spread(back, forward.chosen[1], forward.sides[1], masknet.conv2)
    back = _leaky(back, forward.pooled[0])
    return _spread(back, forward.chosen[0], forward.sides[0], masknet.conv1) / _SCALE


def unit_directions(features: Tensor, directions: Tensor) -> Tensor:
    """Directions of features that move the features' unit vectors in the given directions.

    Args:
        features: ``(n, features)``.
        directions: Of the unit vectors, ``(n, features)`` or ``(features,)``.
    """
    length = features.norm(dim=1, keepdim=True).clamp(min=_LEAST)
    unit = features / length
    found: Tensor = (directions - unit * (unit * directions).sum(1, keepdim=True)) / length
    return found


def _pooled(maps: Tensor, kernel: Tensor) -> tuple[Tensor, Tensor, int]:
    found = functional.conv2d(maps, kernel, padding=1)
    if (
        found.dtype == torch.float64
    ):  # where a photo is flat, so that of equal places the first is taken everywhere
        found = (found * _FINE).round_() / _FINE
    pooled, chosen = functional.max_pool2d(found, _POOL, return_indices=True)
    return pooled, chosen, found.shape[-1]


def _leaky(back: Tensor, before: Tensor) -> Tensor:
    return torch.where(before > 0, back, SLOPE * back)


def _spread(back: Tensor, chosen: Tensor, side: int, kernel: Tensor) -> Tensor:
    """To the pixels that pooling took, then through the convolution's transpose."""
    wide = functional.max_unpool2d(
        back.contiguous(memory_format=torch.channels_last), chosen, [_POOL, _POOL], output_size=[side, side]
    )
    return functional.conv_transpose2d(wide, kernel, padding=1)
