"""Carries out a block map on batches of images, near the speed of memory.

What makes it fast: a block's row of pixels moves as one word of up to 16 bytes; blocks are put in order while
they are still uint8; narrow matrices are repeated along the diagonal of one that fills a vector register;
and a batch is worked through in parts that stay in the processor's cache.
"""

from math import gcd
from typing import Final, final

import numpy as np
import torch
from torch import Tensor

from masquerade.disguises.block_map import BlockMap

_WORDS: Final = {
    1: torch.uint8,
    2: torch.int16,
    4: torch.int32,
    8: torch.int64,
    16: torch.complex128,  # the only 16-byte type; nothing is computed with it
}
_CACHED_NUMBERS: Final = 1 << 18
"""Numbers of one part of a batch, so that its working copies stay in cache."""
_NARROW: Final = 16
"""A product with matrices below this width costs as much as with this width."""
_WIDE: Final = 128
"""From this width on the matrices are larger than the images, and more images share one reading of them."""


@final
class BlockEngine:
    """One block map, ready for batches.

    A batch is worked through in parts of ``part`` images, the last one filled up, so that every product has
    the same shape, and an image the same result, whatever batch it comes in.

    Args:
        block_map: What to do.
    """

    def __init__(self, block_map: BlockMap) -> None:
        self._grid = block_map.grid
        in_order = np.array_equal(block_map.source, np.arange(len(block_map.source)))
        self._source = None if in_order else torch.from_numpy(block_map.source)
        self._matrices = None if block_map.matrices is None else _prepared(block_map)
        self._groups = 1 if block_map.matrices is None else block_map.matrices.shape[1]
        pixels = self._grid.count * self._grid.numbers
        width = 1 if self._matrices is None else self._matrices.shape[-1]
        self.part = 64 if width >= _WIDE else min(64, max(16, _CACHED_NUMBERS // pixels))

    def __call__(self, images: Tensor) -> Tensor:
        """Images ``(n, c, h, w)``, contiguous uint8 or float32, to float32 ``(n, c, h, w)``."""
        result = torch.empty(images.shape, dtype=torch.float32)
        cut = self._blocks(self.part, images.dtype)
        ordered = cut if self._source is None else torch.empty_like(cut)
        numbers = ordered if images.dtype == torch.float32 else self._blocks(self.part, torch.float32)
        product = numbers if self._matrices is None else torch.empty_like(numbers)
        for start in range(0, len(images), self.part):
            some = images[start : start + self.part]
            self._cut(_filled(some, self.part), cut)
            if self._source is not None:
                torch.index_select(cut, 0, self._source, out=ordered)
            if numbers is not ordered:
                numbers.copy_(ordered)
            if self._matrices is not None:
                _multiply(numbers, self._matrices, product)
            self._join(product, result[start : start + self.part])
        return result

    def _blocks(self, n: int, dtype: torch.dtype) -> Tensor:
        """Room for blocks ``(t, groups, n, channels of a group, l, m)``."""
        grid = self._grid
        apart = self._groups
        shape = (grid.count, apart, n, grid.channels // apart, grid.block_height, grid.block_width)
        return torch.empty(shape, dtype=dtype)

    def _cut(self, images: Tensor, blocks: Tensor) -> None:
        words, by_block = self._as_words(images, blocks)
        by_block.copy_(words)

    def _join(self, blocks: Tensor, images: Tensor) -> None:
        words, by_block = self._as_words(images, blocks)
        words.copy_(by_block[:, :, :, : len(images)])

    def _as_words(self, images: Tensor, blocks: Tensor) -> tuple[Tensor, Tensor]:
        """Images and blocks as ``(rows, columns, groups, n, channels of a group, l, words of a row)``."""
        grid, apart = self._grid, self._groups
        size = gcd(grid.block_width * images.element_size(), 16)
        seen = images.view(_WORDS[size])
        shape = (len(images), apart, grid.channels // apart, grid.rows, grid.block_height, grid.columns, -1)
        by_block = blocks.view(_WORDS[size])
        return (
            seen.view(shape).permute(3, 5, 1, 0, 2, 4, 6),
            by_block.view(grid.rows, grid.columns, *by_block.shape[1:]),
        )


def _multiply(blocks: Tensor, matrices: Tensor, product: Tensor) -> None:
    shape = (len(matrices), -1, matrices.shape[-1])
    torch.bmm(blocks.view(shape), matrices, out=product.view(shape))


def _prepared(block_map: BlockMap) -> Tensor:
    """Matrices in float32, in the order of the result: ``(t groups, width, width)``, narrow ones repeated."""
    assert block_map.matrices is not None  # noqa: S101  (the caller asks only then)
    matrices = torch.from_numpy(block_map.matrices[block_map.source]).float().flatten(0, 1)
    width = matrices.shape[-1]
    rows = block_map.grid.numbers // block_map.matrices.shape[1] // width
    times = max(k for k in range(1, rows + 1) if rows % k == 0 and (k == 1 or k * width <= _NARROW))
    if times == 1:
        return matrices.contiguous()
    wide = torch.zeros(len(matrices), times, width, times, width)
    for i in range(times):
        wide[:, i, :, i] = matrices
    return wide.view(len(matrices), times * width, times * width)


def _filled(images: Tensor, n: int) -> Tensor:
    """Images with zeros after them up to ``n``, at an address that words can start at."""
    if len(images) == n and images.storage_offset() * images.element_size() % 16 == 0:
        return images
    room = torch.zeros((n, *images.shape[1:]), dtype=images.dtype)
    room[: len(images)] = images
    return room
