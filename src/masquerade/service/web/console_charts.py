"""Where things are drawn on the operator's console: the template has the shapes, the style sheet the colours."""

from dataclasses import dataclass
from math import log
from typing import Final, final

import numpy as np

from masquerade.service.masknets.collusion_figures import Leaks, Share
from masquerade.service.masknets.diversity import Diversity

SHOWN: Final = 40
"""MaskNets in the picture of pairs, the newest ones."""
SHADES: Final = (0.38, 0.40, 0.42, 0.44, 0.46)
"""Distances from which a pair gets the next shade; below the least one allowed it is marked instead."""
BINS: Final = tuple(round(0.28 + 0.01 * step, 2) for step in range(25))
"""Ends of the bars of distances, 0.28 to 0.52; what lies beyond is in the outermost ones."""
WIDTH, HEIGHT, LEFT, BOTTOM, TOP = 520, 240, 44, 204, 14
_CELL: Final = 10.0


@final
@dataclass(frozen=True)
class ChartCell:
    """One pair: where, how far apart in words for the style, and what it says."""

    x: float
    y: float
    kind: str
    told: str


@final
@dataclass(frozen=True)
class Bar:
    """One bar of a histogram."""

    x: float
    y: float
    width: float
    height: float
    near: bool
    told: str


@final
@dataclass(frozen=True)
class ChartDot:
    """One measured share with its interval."""

    x: float
    y: float
    low: float
    high: float
    label: str
    told: str


def cells(found: Diversity, least: float) -> list[ChartCell]:
    """The lower triangle of the newest MaskNets' distances; ``least`` is the distance that is kept."""
    numbers, table = found.numbers[-SHOWN:], found.table[-SHOWN:, -SHOWN:]
    return [
        ChartCell(
            column * _CELL,
            (row - 1) * _CELL,
            shade(table[row, column], least),
            f"{numbers[row]} and {numbers[column]}: {table[row, column]:.3f}",
        )
        for row in range(len(numbers))
        for column in range(row)
    ]


def side(found: Diversity) -> float:
    """Width and height of the triangle."""
    return _CELL * max(0, min(len(found.numbers), SHOWN) - 1)


def shade(distance: float, least: float) -> str:
    """Name of a distance's style: ``near``, or ``d0`` to ``d5``."""
    return "near" if distance < least else f"d{int(np.searchsorted(SHADES, distance, side='right'))}"


def bars(found: Diversity, least: float) -> list[Bar]:
    """How many pairs lie how far apart."""
    inside = found.pairs.clip(BINS[0], BINS[-1] - 1e-9)
    counts, _ = np.histogram(inside, BINS)
    most = max(int(counts.max()), 1)
    drawn = []
    for low, high, count in zip(BINS, BINS[1:], counts, strict=False):
        start, height = distance_at(low), (BOTTOM - TOP) * int(count) / most
        told = f"{low:.2f} to {high:.2f}: {count} pairs"
        width = round(distance_at(high) - start - 1.5, 2)
        drawn.append(Bar(start, round(BOTTOM - height, 2), width, round(height, 2), high <= least, told))
    return drawn


def distance_at(value: float) -> float:
    """Where a distance is drawn."""
    return round(LEFT + (value - BINS[0]) / (BINS[-1] - BINS[0]) * (WIDTH - LEFT - 10), 2)


def share_at(value: float) -> float:
    """Where a share is drawn, 0 at the bottom and 1 at the top."""
    return round(BOTTOM - value * (BOTTOM - TOP), 2)


def dots(leaks: Leaks) -> list[ChartDot]:
    """The curve of what is recognised, MaskNets on a logarithmic axis."""
    most = log(max(share.masknets for share in leaks.recognised))

    def dot(share: Share) -> ChartDot:
        x = LEFT + 22 + log(share.masknets) / most * (WIDTH - LEFT - 56)
        told = f"{share.masknets} MaskNets: {share.value:.0%} [{share.low:.0%} to {share.high:.0%}]"
        middle, low, high = (share_at(value) for value in (share.value, share.low, share.high))
        return ChartDot(round(x, 2), middle, low, high, str(share.masknets), told)

    return [dot(share) for share in leaks.recognised]
