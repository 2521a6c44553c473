"""Carries out block maps whose matrices are 2 x 2: pairs of pixels as complex numbers.

A 2 x 2 product is too small for a matrix routine. A row ``(a, b)`` seen as ``z = a + ib`` times a real matrix is
``p z + q conj(z)`` for some complex ``p`` and ``q``, of which one is zero if the matrix is orthogonal. So a part
of a batch is gathered pair by pair in the order of the result, and multiplied number by number.
"""

from threading import local
from typing import Any, Final, final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from masquerade.blocks import BlockGrid
from masquerade.disguises.batching import filled, part_size
from masquerade.disguises.blocks.block_map import BlockMap

_PAIRS: Final = {torch.uint8: torch.int16, torch.float32: torch.int64}
_NEGLIGIBLE: Final = 1e-9


@final
class PairEngine:
    """One block map with 2 x 2 matrices, ready for batches.

    Args:
        block_map: What to do.
    """

    def __init__(self, block_map: BlockMap) -> None:
        assert block_map.matrices is not None  # noqa: S101  (the caller asks only then)
        grid = block_map.grid
        self._source = torch.from_numpy(_in_reading_order(grid, _pairs(grid)[block_map.source]))
        groups = block_map.matrices.shape[1]
        each = np.broadcast_to(
            block_map.matrices[block_map.source].reshape(grid.count, groups, 1, 1, 4),
            (grid.count, groups, grid.channels // groups, grid.block_height, 4),
        ).reshape(grid.count, grid.channels, grid.block_height, 4)
        a, b, c, d = (_in_reading_order(grid, each[..., i]) for i in range(4))
        straight, mirrored = ((a + d) + 1j * (b - c)) / 2, ((a - d) + 1j * (b + c)) / 2
        mirror = np.abs(mirrored) > np.abs(straight)
        first, second = np.where(mirror, (mirrored, straight), (straight, mirrored))
        self._sign = torch.from_numpy(np.stack([np.ones(len(mirror)), np.where(mirror, -1, 1)], -1)).float()
        self._first = torch.from_numpy(first).to(torch.complex64)
        exact = np.abs(second).max() < _NEGLIGIBLE
        self._second = None if exact else torch.from_numpy(second).to(torch.complex64)
        self.part = part_size(grid.count * grid.numbers)
        self._rooms = local()

    def __call__(self, images: Tensor) -> Tensor:
        """Images ``(n, c, h, w)``, contiguous uint8 or float32, to float32 ``(n, c, h, w)``."""
        result = torch.empty(images.shape, dtype=torch.float32)
        pairs = len(self._source)
        source = self._source.expand(self.part, pairs)
        room, numbers = self._room(images.dtype)
        for start in range(0, len(images), self.part):
            some = filled(images[start : start + self.part], self.part)
            torch.gather(some.view(self.part, -1).view(room.dtype), 1, source, out=room)
            numbers.copy_(room.view(images.dtype).view(numbers.shape))
            numbers.mul_(self._sign)
            valid = min(self.part, len(images) - start)
            self._multiply(torch.view_as_complex(numbers)[:valid], result[start : start + valid])
        return result

    def _room(self, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
        """Working copies of a part: gathered pairs, and their numbers; one set for each thread."""
        rooms: dict[str, tuple[Tensor, Tensor]] = self._rooms.__dict__
        if str(dtype) not in rooms:
            pairs = torch.empty((self.part, len(self._source)), dtype=_PAIRS[dtype])
            rooms[str(dtype)] = (pairs, torch.empty((*pairs.shape, 2)))
        return rooms[str(dtype)]

    def _multiply(self, z: Tensor, result: Tensor) -> None:
        out = torch.view_as_complex(result.view(*z.shape, 2))
        torch.mul(z, self._first, out=out)
        if self._second is not None:
            out.addcmul_(z.conj_physical(), self._second)


def _pairs(grid: BlockGrid) -> NDArray[np.int64]:
    """Numbers of the pairs of each block: ``(t, c, l)``."""
    shape = (grid.channels, grid.rows, grid.block_height, grid.columns)
    numbers = np.arange(np.prod(shape)).reshape(shape).transpose(1, 3, 0, 2)
    return numbers.reshape(grid.count, grid.channels, grid.block_height)


def _in_reading_order(grid: BlockGrid, by_block: NDArray[Any]) -> NDArray[Any]:
    """What belongs to the pairs of each block ``(t, c, l)``, as the image's pairs follow one another."""
    shape = (grid.rows, grid.columns, grid.channels, grid.block_height)
    return np.ascontiguousarray(by_block.reshape(shape).transpose(2, 0, 3, 1)).reshape(-1)
