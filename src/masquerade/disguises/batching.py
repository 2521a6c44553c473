"""Parts of a batch: all of one size, so that an image has the same result in any batch, and fit for the cache."""

from typing import Final

import torch
from torch import Tensor

_CACHED_NUMBERS: Final = 1 << 18
_FEWEST, _MOST = 16, 64


def part_size(numbers: int) -> int:
    """How many images of so many numbers each to work on at a time."""
    return min(_MOST, max(_FEWEST, _CACHED_NUMBERS // numbers))


def filled(images: Tensor, n: int) -> Tensor:
    """Images with zeros after them up to ``n``, at an address that 16-byte words can start at."""
    if len(images) == n and images.storage_offset() * images.element_size() % 16 == 0:
        return images
    room = torch.zeros((n, *images.shape[1:]), dtype=images.dtype)
    room[: len(images)] = images
    return room
