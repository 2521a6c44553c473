"""Standard normal numbers whose every bit is the same on every platform.

Only ``+ - * /``, ``sqrt`` and the exact ``frexp`` are used, one elementwise operation after the other: IEEE
754 rounds each of them in one way only, whereas a library's ``log`` or ``exp`` differs between platforms.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from masquerade.keys.keystream import Keystream

Floats = NDArray[np.float64]

_CHUNK: Final = 1 << 14
"""Numbers worked on at a time: they fit the processor's cache."""
_SQRT_HALF: Final = 0.7071067811865476
_LN2: Final = 0.6931471805599453
_LOG_TERMS: Final = 12

# Wichura (1988), Algorithm AS 241, PPND16: numerator and denominator, highest power first.
_CENTRE: Final = (
    (2509.0809287301226727, 33430.575583588128105, 67265.770927008700853,
     45921.953931549871457, 13731.693765509461125, 1971.5909503065514427,
     133.14166789178437745, 3.3871328727963666080),
    (5226.4952788528545610, 28729.085735721942674, 39307.895800092710610,
     21213.794301586595867, 5394.1960214247511077, 687.18700749205790830,
     42.313330701600911252, 1.0),
)  # fmt: skip
_TAIL: Final = (
    (7.7454501427834140764e-4, 2.27238449892691845833e-2, 2.41780725177450611770e-1,
     1.27045825245236838258, 3.64784832476320460504, 5.76949722146069140550,
     4.63033784615654529590, 1.42343711074968357734),
    (1.05075007164441684324e-9, 5.4759380849953449460e-4, 1.51986665636164571966e-2,
     1.48103976427480074590e-1, 6.89767334985100004550e-1, 1.67638483018380384940,
     2.05319162663775882187, 1.0),
)  # fmt: skip
_FAR_TAIL: Final = (
    (2.01033439929228813265e-7, 2.71155556874348757815e-5, 1.24266094738807843860e-3,
     2.65321895265761230930e-2, 2.96560571828504891230e-1, 1.78482653991729133580,
     5.46378491116411436990, 6.65790464350110377720),
    (2.04426310338993978564e-15, 1.42151175831644588870e-7, 1.84631831751005468180e-5,
     7.86869131145613259100e-4, 1.48753612908506148525e-2, 1.36929880922735805310e-1,
     5.99832206555887937690e-1, 1.0),
)  # fmt: skip


def normal(words: Keystream, count: int) -> Floats:
    """Draw standard normal numbers: quantiles of uniform ones.

    One 64-bit word gives one number, the quantile of ``(k + 1/2) / 2^52``, with ``k`` the top 52 bits of the
    word. It is never zero and within 8.21 of it.

    Args:
        words: Where the words come from.
        count: How many.

    Returns:
        float64 ``(count,)``.
    """
    drawn = np.empty(count, np.float64)
    for start in range(0, count, _CHUNK):
        part = drawn[start : start + _CHUNK]
        part[:] = quantile(((words.words64(len(part)) >> np.uint64(12)).astype(np.float64) + 0.5) * 2.0**-52)
    return drawn


def quantile(p: Floats) -> Floats:
    """Standard normal quantile to about 1 part in 10^15 (Wichura 1988, Algorithm AS 241, PPND16).

    Args:
        p: Probabilities ``(n,)``, above 0 and below 1.

    Returns:
        float64 ``(n,)``.
    """
    q = p - 0.5
    found = _ratio(_CENTRE, 0.180625 - q * q) * q
    outer = np.flatnonzero(np.abs(q) > 0.425)
    p = p[outer]
    r = np.sqrt(-log(np.minimum(p, 1.0 - p)))
    size = np.where(r <= 5.0, _ratio(_TAIL, r - 1.6), 0.0)
    far = np.flatnonzero(r > 5.0)
    size[far] = _ratio(_FAR_TAIL, r[far] - 5.0)
    found[outer] = np.where(p < 0.5, -size, size)
    return found


def log(x: Floats) -> Floats:
    """Natural logarithm of positive numbers, by the series of ``2 artanh((m - 1) / (m + 1))``.

    Args:
        x: Positive numbers ``(n,)``; each is ``m`` times a power of two, ``m`` between the square roots of
            1/2 and 2.

    Returns:
        float64 ``(n,)``.
    """
    m, exponent = np.frexp(x)
    small = m < _SQRT_HALF
    m = np.where(small, m * 2.0, m)
    exponent = np.where(small, exponent - 1, exponent).astype(np.float64)
    s = (m - 1.0) / (m + 1.0)
    square = s * s
    series = np.zeros_like(s)
    for k in range(_LOG_TERMS - 1, -1, -1):
        series = series * square + 1.0 / (2 * k + 1)
    return exponent * _LN2 + 2.0 * s * series


def _ratio(polynomials: tuple[tuple[float, ...], tuple[float, ...]], x: Floats) -> Floats:
    above, below = (_horner(coefficients, x) for coefficients in polynomials)
    above /= below
    return above


def _horner(coefficients: tuple[float, ...], x: Floats) -> Floats:
    value = np.full_like(x, coefficients[0])
    for coefficient in coefficients[1:]:
        value *= x
        value += coefficient
    return value
