"""From a recogniser's unit vectors to small integers, whose scores are exact below the plain modulus."""

from math import floor, sqrt
from typing import Final

import numpy as np
from numpy.typing import NDArray

from masquerade.errors import UsageError
from masquerade.sealed.layout import padded

MODULUS: Final = 188_417
"""SEAL's prime of 18 bits for degree 4,096; scores are exact up to half of it."""
MOST_SCALE: Final = 300
_LARGEST: Final = 127


def scale_of(size: int) -> int:
    """What unit vectors are multiplied by, so that no score of two rounded ones passes half of the modulus.

    Rounding changes each number by at most a half, so that a length is at most ``scale + sqrt(size) / 2``.
    """
    return min(MOST_SCALE, floor(sqrt(MODULUS // 2) - sqrt(size) / 2))


def quantised(vectors: NDArray[np.floating]) -> NDArray[np.int64]:
    """Unit vectors ``(k, e)`` times ``scale_of(e)``, rounded to int8 and filled up: int64 ``(k, padded(e))``.

    Raises:
        UsageError: If one is not of length 1.
    """
    lengths = np.linalg.norm(vectors.astype(np.float64), axis=1)
    if not (np.abs(lengths - 1) < 1e-3).all():
        raise UsageError("a vector is not of length 1", value=float(lengths[np.abs(lengths - 1).argmax()]))
    size = vectors.shape[1]
    whole = np.rint(vectors.astype(np.float64) * scale_of(size)).clip(-_LARGEST, _LARGEST)
    filled = np.zeros((len(vectors), padded(size)), np.int64)
    filled[:, :size] = whole
    return filled
