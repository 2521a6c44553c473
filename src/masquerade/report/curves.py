"""Curves: attacks against their budget, and the figures of papers."""

import math
from dataclasses import dataclass

from masquerade.audit.results import Curve, CurvePoint, Report
from masquerade.report.axis import Axis, around, of_shares
from masquerade.report.words import amount, interval, metric_words

WIDTH, HEIGHT = 540.0, 310.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 64.0, 18.0, 16.0, 52.0
COLOURS = 8
"""Series colours of the style sheet."""


@dataclass(frozen=True)
class PlottedPoint:
    """One point in place, its interval, and its text."""

    x: float
    y: float
    low: float
    high: float
    text: str


@dataclass(frozen=True)
class Line:
    """One series in place; ``colour`` numbers the style sheet's, ``dashed`` marks their second round."""

    series: str
    colour: int
    dashed: bool
    marks: list[PlottedPoint]

    @property
    def path(self) -> str:
        """The line through all points, as SVG."""
        return "M" + " L".join(f"{mark.x} {mark.y}" for mark in self.marks)


@dataclass(frozen=True)
class Figure:
    """A chart with all series of one figure; ``chance`` is drawn if all points share it, in range."""

    title: str
    x_label: str
    y_label: str
    x: Axis
    y: Axis
    lines: list[Line]
    chance: float | None


def figures(report: Report) -> list[Figure]:
    """All figures of a report, in order."""
    curves = [shown for shown in map(_finite, report.curves) if shown.points]
    titles = dict.fromkeys(curve.figure for curve in curves)
    return [_figure([curve for curve in curves if curve.figure == title]) for title in titles]


def _finite(curve: Curve) -> Curve:
    """The curve without points that have no place."""
    placed = [point for point in curve.points if math.isfinite(point.x) and math.isfinite(point.y.value)]
    return curve.model_copy(update={"points": placed})


def _figure(curves: list[Curve]) -> Figure:
    points = [point for curve in curves for point in curve.points]
    log = all(curve.log_x for curve in curves) and all(point.x > 0 for point in points)
    x = around([point.x for point in points], _LEFT, WIDTH - _RIGHT, log=log)
    ends = [end for point in points for end in (point.y.low, point.y.high)]
    shares = all(0 <= end <= 1 for end in ends if math.isfinite(end))
    y = (of_shares if shares else around)(ends, HEIGHT - _BOTTOM, _TOP)
    chances = {point.y.chance for point in points}
    chance = chances.pop() if len(chances) == 1 else None
    first = curves[0]
    return Figure(
        first.figure,
        first.x_label,
        _named(first),
        x,
        y,
        [_line(curve, place, x, y) for place, curve in enumerate(curves)],
        y.place(chance) if chance is not None and y.low <= chance <= y.high else None,
    )


def _named(curve: Curve) -> str:
    metric = curve.points[0].y.metric
    return metric_words(metric).title if curve.y_label == metric else curve.y_label


def _line(curve: Curve, place: int, x: Axis, y: Axis) -> Line:
    points = sorted(curve.points, key=lambda point: point.x)
    return Line(
        curve.series, place % COLOURS, place >= COLOURS, [_mark(point, curve, x, y) for point in points]
    )


def _mark(point: CurvePoint, curve: Curve, x: Axis, y: Axis) -> PlottedPoint:
    m = point.y
    text = f"{curve.series}: {point.x:g} {curve.x_label}, {amount(m.metric, m.value)} ({interval(m)})"
    return PlottedPoint(x.place(point.x), y.place(m.value), y.place(m.low), y.place(m.high), text)
