"""Utility against leak: one numbered dot an arm, with both intervals."""

import math
from dataclasses import dataclass

from masquerade.audit.results import Arm, Report
from masquerade.report.axis import Axis, of_shares
from masquerade.report.verdict import advantages, strongest

WIDTH, HEIGHT = 760.0, 400.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 66.0, 24.0, 24.0, 56.0
_BUBBLE = 10.0


@dataclass(frozen=True)
class ScatterPoint:
    """One arm: where it lies, where its intervals end, and where its number fits without covering another."""

    number: int
    title: str
    grade: str
    x: float
    y: float
    left: float
    right: float
    bottom: float
    top: float
    label_x: float
    label_y: float


@dataclass(frozen=True)
class Scatter:
    """The chart: axes in place, and the dots; ``metric`` names the utility of the first."""

    metric: str
    x: Axis
    y: Axis
    dots: list[ScatterPoint]


def scatter(report: Report) -> Scatter | None:
    """The chart of a report; None unless two arms have both a utility and a leak."""
    drawn = [(number, arm) for number, arm in enumerate(report.arms, start=1) if _leak(arm) and arm.utility]
    if len(drawn) < 2:
        return None
    ends = [end for _, arm in drawn if arm.utility for end in (arm.utility.low, arm.utility.high)]
    x = of_shares(ends, _LEFT, WIDTH - _RIGHT)
    leaks = [end for _, arm in drawn for end in _leak(arm) or () if math.isfinite(end)]
    y = Axis(min(0.0, max(min(leaks), -0.25)), 1.0, HEIGHT - _BOTTOM, _TOP)
    metric = drawn[0][1].utility.metric if drawn[0][1].utility else "utility"
    return Scatter(metric, x, y, _dots(drawn, x, y))


def _leak(arm: Arm) -> tuple[float, float, float] | None:
    """An arm's strongest leak, if it and the utility have a place."""
    leak = strongest(arm)
    reached = advantages(leak) if leak else None
    if reached is None or arm.utility is None:
        return None
    return reached if math.isfinite(reached[0]) and math.isfinite(arm.utility.value) else None


def _dots(drawn: list[tuple[int, Arm]], x: Axis, y: Axis) -> list[ScatterPoint]:
    dots: list[ScatterPoint] = []
    centres = [
        (x.place(arm.utility.value), y.place((_leak(arm) or (0,))[0])) for _, arm in drawn if arm.utility
    ]
    labels: list[tuple[float, float]] = []
    for (number, arm), (at_x, at_y) in zip(drawn, centres, strict=True):
        leak = _leak(arm)
        if leak is None or arm.utility is None:
            continue
        labels.append(_free_place(at_x, at_y, centres, labels))
        dots.append(
            ScatterPoint(
                number,
                arm.title,
                arm.grade,
                at_x,
                at_y,
                x.place(arm.utility.low),
                x.place(arm.utility.high),
                y.place(leak[1]),
                y.place(leak[2]),
                *labels[-1],
            )
        )
    return dots


def _free_place(
    x: float, y: float, centres: list[tuple[float, float]], labels: list[tuple[float, float]]
) -> tuple[float, float]:
    """A place for a number near its dot that covers no dot and no other number."""
    for radius in (17, 30, 44, 60, 80):
        for turn in (0.35, -0.35, 0.15, -0.15, 0.65, -0.65, 0.85, -0.85, 0.5, -0.5):
            place = (
                round(x + radius * math.sin(math.pi * turn), 2),
                round(y + radius * math.cos(math.pi * turn), 2),
            )
            inside = _LEFT < place[0] < WIDTH - 8 and 10 < place[1] < HEIGHT - _BOTTOM
            clear = all(math.dist(place, other) > 2 * _BUBBLE for other in labels)
            if inside and clear and all(math.dist(place, other) > _BUBBLE + 5 for other in centres):
                return place
    return x, y
