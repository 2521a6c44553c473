"""Which way up a picture is: arrays seen upright, without copying a pixel."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def upright(stored: NDArray[Any], orientation: int) -> NDArray[Any]:
    """A view of a stored picture as it is to be looked at; what is written to it stands in the picture.

    Args:
        stored: ``(h, w, …)``.
        orientation: EXIF orientation, 1 to 8.

    Returns:
        ``(h, w, …)``, or ``(w, h, …)`` for orientations 5 to 8.

    Source: Exif 3.0, 4.6.5, tag 0x0112.
    """
    if orientation >= 5:
        stored = np.swapaxes(stored, 0, 1)
    if orientation in (2, 3, 6, 7):
        stored = stored[:, ::-1]
    if orientation in (3, 4, 7, 8):
        stored = stored[::-1]
    return stored
