"""One axis of a chart: from values to places on the page, with round ticks."""

import math
from dataclasses import dataclass

_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)


@dataclass(frozen=True)
class Tick:
    """A labelled place on an axis."""

    at: float
    label: str


@dataclass(frozen=True)
class Axis:
    """Values ``low`` to ``high``, drawn from ``start`` to ``end``.

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
        """Where a value is drawn; values beyond the ends at the ends."""
        low, high, at = (self._scale(x) for x in (self.low, self.high, min(max(value, self.low), self.high)))
        share = (at - low) / (high - low) if high > low else 0.5
        return round(self.start + share * (self.end - self.start), 2)

    def _scale(self, value: float) -> float:
        return math.log10(value) if self.log else value

    def ticks(self) -> list[Tick]:
        """Four to eight round values, or powers of ten (with 2 and 5 between few)."""
        values = _log_ticks(self.low, self.high) if self.log else _linear_ticks(self.low, self.high)
        return [Tick(self.place(value), label(value)) for value in values]


def around(values: list[float], start: float, end: float, *, log: bool = False) -> Axis:
    """An axis with room around ``values``."""
    low, high = min(values), max(values)
    if log:
        return Axis(low / 1.25, high * 1.25, start, end, True)
    room = 0.06 * (high - low) or 0.5
    return Axis(low - room, high + room, start, end)


def of_shares(values: list[float], start: float, end: float) -> Axis:
    """An axis for shares: all of 0 to 1, unless the values fill less than a third of it."""
    low, high = min(values), max(values)
    if high - low > 0.3 or low < 0 or high > 1:
        return Axis(min(low, 0.0), max(high, 1.0), start, end)
    step = _step(high - low or 0.1, 4)
    return Axis(
        max(0.0, step * math.floor(low / step)), min(1.0, step * math.ceil(high / step + 1e-9)), start, end
    )


def _step(span: float, count: int) -> float:
    rough = span / count
    power = 10.0 ** math.floor(math.log10(rough))
    return power * min(_STEPS, key=lambda step: abs(step * power - rough))


def _linear_ticks(low: float, high: float) -> list[float]:
    step = _step(high - low, 5)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [round(i * step, 10) for i in range(first, last + 1)]


def _log_ticks(low: float, high: float) -> list[float]:
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    factors = (1, 2, 5) if high / low < 1000 else (1,)
    return [f * 10.0**p for p in powers for f in factors if low <= f * 10.0**p <= high]


def label(value: float) -> str:
    """A tick's text: thousands parted, no trailing zeros."""
    return f"{value:,.0f}".replace(",", "\u202f") if abs(value) >= 1000 else f"{value:.6g}"
