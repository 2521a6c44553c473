"""Random orthogonal matrices, uniform (Haar) on O(n), whose every bit is the same on every platform.

Stewart (1980), "The efficient generation of random orthogonal matrices", in the form of Mezzadri (2007),
section 5: if ``v`` is uniform on the unit sphere and ``Q`` is Haar on O(k - 1), then a fixed orthogonal
matrix with first column ``v``, times ``1 + Q`` (direct sum), is Haar on O(k). The fixed matrix is a
Householder reflection, up to its sign.

No BLAS and no ``numpy.linalg``: their order of summation changes with processor, version and number of
threads.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from masquerade.errors import UsageError
from masquerade.keys.keystream import Keystream
from masquerade.keys.normals import normal

Floats = NDArray[np.float64]

_CHUNK: Final = 1 << 16
"""Entries of the matrices that are built at a time."""


def orthogonal(words: Keystream, size: int, count: int) -> Floats:
    """Draw orthogonal matrices, determinant +1 or -1.

    Each matrix takes ``size (size + 1) / 2`` normal numbers, one matrix after the other: first the one number
    of the smallest sphere, then the two of the next, up to the ``size`` of the last.

    Args:
        words: Where the words come from.
        size: Rows and columns, at least 1.
        count: How many matrices.

    Returns:
        float64 ``(count, size, size)``.

    Raises:
        UsageError: If ``size`` is below 1.
    """
    if size < 1:
        raise UsageError("no matrices of this size", value=size, remedy="Give at least one row.")
    drawn = np.empty((count, size, size))
    step = max(1, _CHUNK // size**2)
    for start in range(0, count, step):
        part = drawn[start : start + step]
        numbers = normal(words, len(part) * size * (size + 1) // 2).reshape(len(part), -1)
        part[:] = _reflected(np.ascontiguousarray(numbers.T), size).transpose(2, 0, 1)
    return drawn


def _reflected(numbers: Floats, size: int) -> Floats:
    """Matrices ``(size, size, b)`` from normals ``(size (size + 1) / 2, b)``, which are overwritten."""
    matrices = np.zeros((size, size, numbers.shape[1]))
    start = 0
    for k in range(1, size + 1):
        direction = numbers[start : start + k]
        direction /= np.sqrt(_sum(direction * direction))
        _grow(matrices[size - k :, size - k :], direction)
        start += k
    return matrices


def _grow(matrix: Floats, v: Floats) -> None:
    """Turn the ``(k - 1, k - 1, b)`` matrices in the lower right corner into ``(k, k, b)`` ones, in place.

    With ``s`` the sign of ``v[0]``, the reflection that sends ``v`` to ``-s e`` has the vector
    ``u = v + s e`` and ``2 / |u|^2 = 1 / (1 + |v[0]|)``. Times ``-s`` it has first column ``v``; row 0 of its
    product with ``1 + Q`` is ``w = v[1:] Q``, and the rest is ``s (v[1:] w / (1 + |v[0]|) - Q)``.
    """
    inner, rest = matrix[1:, 1:], v[1:]
    if len(rest):
        w = _sum(rest[:, None] * inner)
        matrix[0, 1:] = w
        sign = np.where(v[0] >= 0.0, 1.0, -1.0)
        np.subtract(rest[:, None] * (w / (1.0 + np.abs(v[0]))), inner, out=inner)
        inner *= sign
    matrix[:, 0] = v


def _sum(terms: Floats) -> Floats:
    """Sum over the first axis in a fixed order, overwriting ``terms``: the last half is added onto the first.

    Of ``n`` terms, term ``i`` takes up term ``i + ceil(n / 2)`` for every ``i`` below ``floor(n / 2)``; then
    the same with the ``ceil(n / 2)`` that are left, until one is left.
    """
    n = len(terms)
    while n > 1:
        half = (n + 1) // 2
        terms[: n - half] += terms[half:n]
        n = half
    total: Floats = terms[0]
    return total
