"""A small bar beside a number: value, interval, chance and ceiling on one scale."""

from dataclasses import dataclass

from masquerade.audit.results import Leak
from masquerade.report.axis import Axis
from masquerade.report.words import metric_words

WIDTH = 130.0


@dataclass(frozen=True)
class RangeBar:
    """Places in a bar ``WIDTH`` wide; ``ceiling`` is None where it was not measured."""

    value: float
    low: float
    high: float
    chance: float
    ceiling: float | None


def range_bar(leak: Leak) -> RangeBar | None:
    """The bar of an attack; None without a number, or where it has no natural scale."""
    measured = leak.headline
    if measured is None or metric_words(measured.metric).kind in {"decibels", "small"}:
        return None
    axis = Axis(0.0, 1.0, 1.0, WIDTH - 1)
    ceiling = None if leak.ceiling is None else axis.place(leak.ceiling)
    value, low, high = (axis.place(x) for x in (measured.value, measured.low, measured.high))
    return RangeBar(value, low, high, axis.place(measured.chance), ceiling)
