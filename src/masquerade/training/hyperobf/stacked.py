"""Features of many MaskNets at once, laid out in memory as training is fastest."""

from collections.abc import Mapping

import torch
from torch import Tensor
from torch.nn import functional

from masquerade.networks.masknet import SLOPE

_POOL = 4


def features_of(weights: Mapping[str, Tensor], images: Tensor) -> Tensor:
    """What ``stacked_features`` gives, but for rounding, in half the time: each pixel's channels side by side.

    Args:
        weights: ``(b, *shape)`` for each name.
        images: ``(n, 3, size, size)``, floating, values 0 to 255, of the size that the weights are for.

    Returns:
        ``(b, n, features)``.
    """
    b = len(weights["fc"])
    scaled = (images / 127.5 - 1).contiguous(memory_format=torch.channels_last)
    first = _pooled(functional.conv2d(scaled, weights["conv1"].flatten(0, 1), padding=1))
    flat = [
        _pooled(functional.conv2d(maps.contiguous(memory_format=torch.channels_last), kernel, padding=1))
        for maps, kernel in zip(first.chunk(b, 1), weights["conv2"], strict=True)
    ]
    features = torch.stack([maps.flatten(1) for maps in flat]) @ weights["fc"].transpose(1, 2)
    return functional.leaky_relu(features, SLOPE)


def _pooled(maps: Tensor) -> Tensor:
    return functional.leaky_relu(functional.max_pool2d(maps, _POOL), SLOPE)
