"""Faces that are covered instead of cloaked: blurred, pixelated or boxed, for people who must not be found at all.

The whole region is replaced at the photo's own size. A change that were made on a small copy and added would leave the
fine detail in its place.
"""

from dataclasses import dataclass
from typing import Final, Literal, final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from masquerade.errors import UsageError
from masquerade.faces.alignment import Placement, bounds

Covering = Literal["blur", "pixelate", "box"]

COVERINGS: Final[tuple[Covering, ...]] = ("blur", "pixelate", "box")
_MARGIN: Final = 0.25
"""Of the square's sides, added all around: forehead, ears and chin lie there."""
_SIGMA: Final = 30 / 112
"""Standard deviation of the blur, as a share of the face's square: a sigma of 30 pixels at 112."""
_BLOCKS: Final = 6
"""Squares of one colour along the shorter side."""


@final
@dataclass(frozen=True)
class Cover:
    """Covers the region around a face.

    Args:
        how: One of ``COVERINGS``.

    Raises:
        UsageError: If there is no such way.
    """

    how: Covering

    def __post_init__(self) -> None:
        if self.how not in COVERINGS:
            raise UsageError(
                "no such way to cover a face",
                value=self.how,
                place="--instead",
                remedy=f"Say one of {', '.join(COVERINGS)}.",
            )

    def __call__(self, before: NDArray[np.uint8], after: NDArray[np.uint8], square: Placement) -> None:
        """Cover a face of ``before`` in ``after``, both ``(h, w, c)``.

        It is made of what ``after`` shows there, so that overlapping regions do not uncover one another.
        """
        rows, columns = _with_margin(square, *before.shape[:2])
        part = after[rows, columns]
        if not part.size:
            return
        side = min(rows.stop - rows.start, columns.stop - columns.start)
        after[rows, columns] = _MAKERS[self.how](part, side)


def _with_margin(square: Placement, height: int, width: int) -> tuple[slice, slice]:
    rows, columns = bounds(square, height, width)
    down, along = (round(_MARGIN * (part.stop - part.start)) for part in (rows, columns))
    return (
        slice(max(0, rows.start - down), min(height, rows.stop + down)),
        slice(max(0, columns.start - along), min(width, columns.stop + along)),
    )


def _boxed(part: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    del side
    return np.zeros_like(part)


def _pixelated(part: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    height, width = part.shape[:2]
    step = max(1, side // _BLOCKS)
    rows, columns = max(1, height // step), max(1, width // step)
    found = np.empty_like(part)
    for down in np.array_split(np.arange(height), rows):
        for along in np.array_split(np.arange(width), columns):
            block = (slice(down[0], down[-1] + 1), slice(along[0], along[-1] + 1))
            found[block] = np.rint(part[block].mean((0, 1))).astype(np.uint8)
    return found


def _blurred(part: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    sigma = _SIGMA * side / (1 + 2 * _MARGIN)
    channels = [
        np.asarray(Image.fromarray(part[:, :, c]).filter(ImageFilter.GaussianBlur(sigma)))
        for c in range(part.shape[2])
    ]
    return np.stack(channels, axis=2)


_MAKERS: Final = {"blur": _blurred, "pixelate": _pixelated, "box": _boxed}
