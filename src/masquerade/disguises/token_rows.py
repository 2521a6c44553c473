"""Feature maps and images as rows of tokens, worked through in parts of one size."""

from collections.abc import Callable

import torch
from torch import Tensor

from masquerade.blocks import BlockGrid
from masquerade.disguises.batching import filled

Rows = Callable[[Tensor], Tensor]
"""From a part of a batch ``(m, ...)`` to its results ``(m, ...)``, row by row."""


def in_parts(inputs: Tensor, compute: Rows, shape: tuple[int, ...], size: int) -> Tensor:
    """Results ``(n, *shape)``, float32, of a function that works on ``size`` inputs at a time.

    The last part is filled up with zeros: every product then has the same shape, and an input the same
    result, whatever batch it comes in.
    """
    results = torch.empty((len(inputs), *shape))
    for start in range(0, len(inputs), size):
        some = inputs[start : start + size]
        results[start : start + len(some)] = compute(filled(some, size))[: len(some)]
    return results


def tokens_of(maps: Tensor) -> Tensor:
    """Positions as tokens: ``(n, d, h, w)`` to ``(n, h w, d)``, in reading order."""
    return maps.flatten(2).transpose(1, 2)


def maps_of(tokens: Tensor, height: int, width: int) -> Tensor:
    """Tokens ``(n, h w, d)`` in their places: ``(n, d, h, w)``; inverse of ``tokens_of``."""
    n, _, d = tokens.shape
    return tokens.transpose(1, 2).reshape(n, d, height, width)


def patches_of(images: Tensor, grid: BlockGrid) -> Tensor:
    """Blocks as tokens: ``(n, c, h, w)`` to ``(n, t, c l m)``, in reading order."""
    return grid.cut(images).flatten(2).transpose(0, 1)
