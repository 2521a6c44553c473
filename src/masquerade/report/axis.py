"""One axis of a chart: from values to places on the page, with round ticks."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
_LARGEST = 1e150
"""Beyond it values are drawn at the ends: differences and ratios of what is drawn stay finite."""
_SMALLEST_LOG = 1e-150
_MOST_POWERS = 8
_LEAST_SHARE = 1e-6
"""Shares that differ by less are drawn as if they did so."""


@dataclass(frozen=True)
class Tick:
    """A labelled place on an axis."""

    at: float
    label: str


@dataclass(frozen=True)
class Axis:
    """Values ``low`` to ``high``, which is larger, drawn from ``start`` to ``end``.

    Args:
        low: Smallest value shown; positive if ``log``.
        high: Largest value shown.
        start: Where ``low`` is drawn.
        end: Where ``high`` is drawn.
        log: Whether equal ratios are drawn equally far apart.
    """

    low: float
    high: float
    start: float
    end: float
    log: bool = False

    def place(self, value: float) -> float:
        """Where a value is drawn; values beyond the ends at the ends, NaN at the start."""
        inside = self.low if math.isnan(value) else min(max(value, self.low), self.high)
        low, high, at = (self._scale(x) for x in (self.low, self.high, inside))
        share = (at - low) / (high - low) if high > low else 0.5
        return round(self.start + share * (self.end - self.start), 2)

    def _scale(self, value: float) -> float:
        return math.log10(value) if self.log else value

    def ticks(self) -> list[Tick]:
        """Four to eight round values, or powers of ten (with 2 and 5 between few)."""
        values = _log_ticks(self.low, self.high) if self.log else _linear_ticks(self.low, self.high)
        return [Tick(self.place(value), label(value)) for value in values]


def around(values: Iterable[float], start: float, end: float, *, log: bool = False) -> Axis:
    """An axis with room around those of ``values`` that are finite; 0 to 1 if there are none."""
    if log:
        positive = [min(value, _LARGEST) for value in _finite(values) if value >= _SMALLEST_LOG]
        low, high = (min(positive), max(positive)) if positive else (1.0, 1.0)
        return Axis(low / 1.25, high * 1.25, start, end, True)
    low, high = _ends(values)
    room = max(0.06 * (high - low), _resolved(low, high))
    return Axis(low - room, high + room, start, end)


def of_shares(values: Iterable[float], start: float, end: float) -> Axis:
    """An axis for shares: all of 0 to 1, unless the values fill less than a third of it."""
    low, high = _ends(values)
    if high - low > 0.3 or low < 0 or high > 1:
        return Axis(min(low, 0.0), max(high, 1.0), start, end)
    step = _step(max(high - low, _LEAST_SHARE), 4)
    low = max(0.0, step * math.floor(low / step))
    high = min(1.0, step * math.ceil(high / step + 1e-9))
    return Axis(low if low < high else high - step, high, start, end)


def _finite(values: Iterable[float]) -> list[float]:
    return [min(max(value, -_LARGEST), _LARGEST) for value in values if math.isfinite(value)]


def _ends(values: Iterable[float]) -> tuple[float, float]:
    finite = _finite(values) or [0.0, 1.0]
    return min(finite), max(finite)


def _resolved(low: float, high: float) -> float:
    """Room that ticks need: half a unit where all values are one, and more than rounding for large ones."""
    return max(0.5 if low == high else 0.0, 1e-6 * max(abs(low), abs(high)), 1e-150)


def _step(span: float, count: int) -> float:
    rough = span / count
    power = 10.0 ** math.floor(math.log10(rough))
    return power * min(_STEPS, key=lambda step: abs(step * power - rough))


def _linear_ticks(low: float, high: float) -> list[float]:
    step = _step(high - low, 5)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [float(f"{i * step:.10g}") for i in range(first, last + 1)]


def _log_ticks(low: float, high: float) -> list[float]:
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    powers = range(first, last + 1, 1 + (last - first) // _MOST_POWERS)
    factors = (1, 2, 5) if high / low < 1000 else (1,)
    return [f * 10.0**p for p in powers for f in factors if low <= f * 10.0**p <= high]


def label(value: float) -> str:
    """A tick's text: thousands parted, no trailing zeros, powers where digits would be many."""
    if 1000 <= abs(value) < 1e9:
        return f"{value:,.0f}".replace(",", "\u202f")
    return f"{value:.6g}"
