"""The derivation check: a digest of secret numbers that tells whether another platform derived the same."""

from collections.abc import Iterable
from hashlib import sha256
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from masquerade.errors import UsageError

GRID: Final = 2.0**40
"""Floating numbers are rounded to multiples of ``1 / GRID``, halves to even."""
_LARGEST: Final = 2.0**22


def rounded_digest(arrays: Iterable[NDArray[Any]]) -> bytes:
    """SHA-256 over arrays, floating numbers rounded to a grid of 2^-40.

    For each array: its number of axes, its shape and its numbers in C order, each as a little-endian int64.
    It is a digest of secrets, so authenticate it under the key (``Key.authenticate``) before it leaves the
    owner.

    Args:
        arrays: Integers, or floating numbers from -2^22 to 2^22.

    Returns:
        32 bytes.

    Raises:
        UsageError: If a number is not finite or too large for the grid.
    """
    seen = sha256()
    for array in arrays:
        seen.update(np.array([array.ndim, *array.shape], "<i8").tobytes())
        seen.update(_on_grid(array).astype("<i8").tobytes())
    return seen.digest()


def _on_grid(array: NDArray[Any]) -> NDArray[Any]:
    if array.dtype.kind in "iub":
        return array
    if array.size and not np.abs(array).max() <= _LARGEST:
        raise UsageError(
            "numbers that the derivation check cannot hold",
            value=f"dtype {array.dtype}",
            remedy="Give finite numbers from -2^22 to 2^22.",
        )
    return np.rint(array.astype(np.float64) * GRID)
