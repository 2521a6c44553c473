"""Parts of a large photo, which overlap, so that what is small lies whole in at least one of them."""

from collections.abc import Iterator
from itertools import product
from typing import Final

import numpy as np
from numpy.typing import NDArray

SIDE: Final = 1280
"""Height and width of a tile, or those of the photo where they are smaller."""
OVERLAP: Final = 160
"""Pixels that neighbours share, at least."""
_EDGE: Final = 2.0
"""Pixels: a box that comes as near to the edge of a tile is taken to be cut by it."""


def tiles(height: int, width: int) -> Iterator[tuple[slice, slice]]:
    """Rows and columns of tiles that cover a photo, from the left upper corner.

    Args:
        height: Of the photo, in pixels.
        width: Of the photo, in pixels.
    """
    yield from product(_along(height), _along(width))


def whole_within(
    boxes: NDArray[np.float64], tile: tuple[slice, slice], height: int, width: int
) -> NDArray[np.bool_]:
    """Which boxes no edge of the tile cuts; an edge of the photo cuts nothing that a neighbour would have whole.

    Args:
        boxes: ``(n, 4)``: left, top, width and height, in pixels from the photo's left upper corner.
        tile: Rows and columns.
        height: Of the photo, in pixels.
        width: Of the photo, in pixels.
    """
    rows, columns = tile
    left, top, right, bottom = *boxes[:, :2].T, *(boxes[:, :2] + boxes[:, 2:4]).T
    clear: NDArray[np.bool_] = (left > columns.start + _EDGE) | (columns.start == 0)
    clear &= (top > rows.start + _EDGE) | (rows.start == 0)
    clear &= (right < columns.stop - _EDGE) | (columns.stop == width)
    clear &= (bottom < rows.stop - _EDGE) | (rows.stop == height)
    return clear


def _along(length: int) -> list[slice]:
    """Evenly spread parts of a side."""
    if length <= SIDE:
        return [slice(0, length)]
    count = -(-(length - OVERLAP) // (SIDE - OVERLAP))
    starts = np.linspace(0, length - SIDE, count).astype(int).tolist()
    return [slice(start, start + SIDE) for start in starts]
