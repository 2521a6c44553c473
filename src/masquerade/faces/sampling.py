"""A face's square as it is seen in the photo, to the last bit the same wherever it is computed.

One pixel that is a grey level brighter gives another cloak, and OpenCV's interpolation, in float32, has such pixels
beside that of another build. Here every number is a float64 out of the same operations in the same order, one
number at a time, as the page in the browser has them.
"""

from math import floor, sqrt
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from masquerade.faces.alignment import Placement, bounds, scaled, shifted

_SHARP: Final = -0.75
"""Slope of the cubic at distance 1 (Keys 1981, with OpenCV's choice)."""


def seen(photo: NDArray[np.uint8], square: Placement, size: int) -> NDArray[np.uint8]:
    """A square of ``TEMPLATE`` pixels in a photo, brought to another size.

    Args:
        photo: ``(h, w, c)``.
        square: Takes positions in the square to positions in the photo; the two must overlap.
        size: Side of the result.

    Returns:
        ``(size, size, c)``.
    """
    rows, columns = bounds(square, *photo.shape[:2])
    return sampled(photo[rows, columns], scaled(shifted(square, rows, columns), size), size)


def sampled(photo: NDArray[np.uint8], place: Placement, size: int) -> NDArray[np.uint8]:
    """A square of a photo, cubic; where it becomes smaller, blocks of pixels are averaged first.

    Args:
        photo: ``(h, w, c)``; its outermost pixels go on outside of it.
        place: Takes positions in the square to positions in the photo.
        size: Side of the square, in pixels.

    Returns:
        ``(size, size, c)``.
    """
    (a, b, x), (c, d, y) = place.tolist()
    wide, high = (max(1, floor(sqrt(step) + 0.5)) for step in (a * a + c * c, b * b + d * d))
    blocks = _blocks(photo, high, wide)
    steps = np.arange(size, dtype=np.float64)
    rows, columns = steps[:, None], steps[None]
    across = (a * columns + b * rows + x + 0.5) / wide - 0.5
    down = (c * columns + d * rows + y + 0.5) / high - 0.5
    left, top = np.floor(across), np.floor(down)
    found = np.zeros((size, size, photo.shape[2]))
    beside = _cubic(across - left)
    for up, weight in zip(range(-1, 3), _cubic(down - top), strict=True):
        at = np.clip(top.astype(np.int64) + up, 0, len(blocks) - 1)
        line = np.zeros_like(found)
        for over, share in zip(range(-1, 3), beside, strict=True):
            line += share * blocks[at, np.clip(left.astype(np.int64) + over, 0, blocks.shape[1] - 1)]
        found += weight * line
    return np.clip(np.rint(found), 0, 255).astype(np.uint8)


def _blocks(photo: NDArray[np.uint8], high: int, wide: int) -> NDArray[np.float64]:
    """Means of blocks of pixels; those at the far edges are of what is there, its outermost pixels repeated."""
    if high == wide == 1:
        return photo.astype(np.float64)
    height, width, channels = photo.shape
    more = [(0, -height % high), (0, -width % wide), (0, 0)]
    full = np.pad(photo, more, mode="edge")
    apart = full.reshape(len(full) // high, high, -1, wide, channels)
    sums: NDArray[Any] = apart.sum(axis=1, dtype=np.uint32).sum(axis=2, dtype=np.uint32)
    return sums / float(high * wide)


def _cubic(at: NDArray[np.float64]) -> tuple[NDArray[np.float64], ...]:
    """Weights ``(h, w, 1)`` of the two pixels before a position between two pixels, and of the two after it."""
    x, rest = at[:, :, None], 1 - at[:, :, None]
    far, near = x + 1, rest + 1
    return _outer(far), _inner(x), _inner(rest), _outer(near)


def _inner(x: NDArray[np.float64]) -> NDArray[np.float64]:
    return ((_SHARP + 2) * x - (_SHARP + 3)) * x * x + 1


def _outer(x: NDArray[np.float64]) -> NDArray[np.float64]:
    return ((_SHARP * x - 5 * _SHARP) * x + 8 * _SHARP) * x - 4 * _SHARP
