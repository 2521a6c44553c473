"""Carries out a block map on batches of images, near the speed of memory.

What makes it fast: a block's row of pixels moves as one word of up to 16 bytes; blocks are cut out and put in
order in one step, while they are still uint8; narrow matrices are repeated along the diagonal of one that fills a
vector register; and a batch is worked through in parts that stay in the processor's cache.
"""

from functools import cached_property
from math import gcd
from threading import local
from typing import Final, final

import torch
from torch import Tensor

from masquerade.disguises.batching import filled, part_size
from masquerade.disguises.blocks.block_map import BlockMap

_WORDS: Final = {
    1: torch.uint8,
    2: torch.int16,
    4: torch.int32,
    8: torch.int64,
    16: torch.complex128,  # the only 16-byte type; nothing is computed with it
}
_NARROW: Final = 16
"""A product with matrices below this width costs as much as with this width."""
_WIDE: Final = 128
"""From this width on the matrices are larger than the images, and more images share one reading of them."""


@final
class BlockEngine:
    """One block map, ready for batches; threads may share it.

    A batch is worked through in parts of ``part`` images, the last one filled up, so that every product has
    the same shape, and an image the same result, whatever batch it comes in.

    Args:
        block_map: What to do.
    """

    def __init__(self, block_map: BlockMap) -> None:
        self._grid = block_map.grid
        self._source = torch.from_numpy(block_map.source)
        self._matrices = None if block_map.matrices is None else _prepared(block_map)
        self._groups = 1 if block_map.matrices is None else block_map.matrices.shape[1]
        width = 1 if self._matrices is None else self._matrices.shape[-1]
        self._numbers = self._grid.count * self._grid.numbers
        self.part = 64 if width >= _WIDE else part_size(self._numbers)
        self._rooms = local()

    def __call__(self, images: Tensor) -> Tensor:
        """Images ``(n, c, h, w)``, contiguous uint8 or float32, to float32 ``(n, c, h, w)``."""
        result = torch.empty(images.shape, dtype=torch.float32)
        cut, numbers, product, joined = self._room(images.dtype)
        taken = self._from_bytes if images.dtype == torch.uint8 else self._from_floats
        for start in range(0, len(images), self.part):
            some = filled(images[start : start + self.part], self.part)
            self._gather(some, taken, cut)
            if numbers is not cut:
                numbers.copy_(cut)
            if self._matrices is not None:
                shape = (len(self._matrices), -1, self._matrices.shape[-1])
                torch.bmm(numbers.view(shape), self._matrices, out=product.view(shape))
            valid = min(self.part, len(images) - start)
            there = result[start : start + valid].view(-1)
            self._gather(product, self._into_floats, there if valid == self.part else joined)
            if valid < self.part:
                there.copy_(joined[: len(there)])
        return result

    def _gather(self, source: Tensor, order: Tensor, target: Tensor) -> None:
        word = _WORDS[self._word(source.element_size())]
        torch.index_select(source.view(-1).view(word), 0, order, out=target.view(word))

    def _word(self, bytes_each: int) -> int:
        """Bytes that move at once: the largest word that divides a block's row."""
        return gcd(self._grid.block_width * bytes_each, 16)

    def _room(self, dtype: torch.dtype) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Working copies of a part: cut, as numbers, multiplied, joined; one set for each thread."""
        rooms: dict[str, tuple[Tensor, Tensor, Tensor, Tensor]] = self._rooms.__dict__
        if str(dtype) not in rooms:
            cut = torch.empty(self.part * self._numbers, dtype=dtype)
            numbers = cut if dtype == torch.float32 else cut.float()
            product = numbers if self._matrices is None else torch.empty_like(numbers)
            rooms[str(dtype)] = (cut, numbers, product, torch.empty_like(product))
        return rooms[str(dtype)]

    @cached_property
    def _from_bytes(self) -> Tensor:
        return self._by_block(1)[self._source].flatten().int()

    @cached_property
    def _from_floats(self) -> Tensor:
        return self._by_block(4)[self._source].flatten().int()

    @cached_property
    def _into_floats(self) -> Tensor:
        return torch.argsort(self._by_block(4).flatten()).int()

    def _by_block(self, bytes_each: int) -> Tensor:
        """Numbers of the words of a part, ``(t, groups n channels-of-a-group l words-of-a-row)``."""
        grid, apart = self._grid, self._groups
        words = grid.block_width * bytes_each // self._word(bytes_each)
        sides = (grid.rows, grid.block_height, grid.columns, words)
        shape = (self.part, apart, grid.channels // apart, *sides)
        numbers = torch.arange(torch.Size(shape).numel()).view(shape)
        return numbers.permute(3, 5, 1, 0, 2, 4, 6).reshape(grid.count, -1)


def _prepared(block_map: BlockMap) -> Tensor:
    """Matrices in float32, in the order of the result: ``(t groups, width, width)``, narrow ones repeated."""
    assert block_map.matrices is not None  # noqa: S101  (the caller asks only then)
    matrices = torch.from_numpy(block_map.matrices[block_map.source]).float().flatten(0, 1)
    width = matrices.shape[-1]
    rows = block_map.grid.numbers // block_map.matrices.shape[1] // width
    times = max(k for k in range(1, rows + 1) if rows % k == 0 and (k == 1 or k * width <= _NARROW))
    wide = torch.zeros(len(matrices), times, width, times, width)
    for i in range(times):
        wide[:, i, :, i] = matrices
    return wide.view(len(matrices), times * width, times * width)
