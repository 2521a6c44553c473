"""What one attack's number is worth: is it above chance, does it break, and could it hide a break."""

from dataclasses import dataclass
from functools import cached_property
from typing import Final, final

from masquerade.audit.results import Grade, Measurement
from masquerade.metrics import intervals
from masquerade.metrics.scale import MEANS, TWO_SIDED, most_of

__all__ = ["Evidence", "Grade", "advantage", "bound_of", "turned"]

BROKEN: Final = 0.5
"""Half of the way from a blind guess to all there is to get."""
LINKED: Final = 10.0
"""Times chance at which linking photos counts as broken, however small the share."""
HIDDEN: Final = 0.15
"""Of the way: an interval that reaches as far could hide a leak that nobody would call a pass."""
WORTHY: Final = 0.25
"""How far an attack must get without protection before others are compared with it."""
FALSE_ALARMS: Final = 0.01
"""Share of the studies of a random guesser in which any of its numbers may pass for a leak."""


def advantage(value: float, chance: float, bound: float = 1.0) -> float:
    """How far ``value`` is from chance (0) towards ``bound`` (1)."""
    if bound <= chance:
        return 0.0
    return (value - chance) / (bound - chance)


def bound_of(measured: Measurement, ceiling: float | None) -> float:
    """What counts as all there is to get: what is reached without protection, if that is well above chance."""
    most = most_of(measured.metric)
    if ceiling is None or advantage(ceiling, measured.chance, most) < WORTHY:
        return most
    return min(ceiling, most)


def turned(measured: Measurement) -> Measurement:
    """An AUC below one half as that of the same attack with its sign turned; all else as it is."""
    if measured.metric not in TWO_SIDED or measured.value >= measured.chance:
        return measured
    ends = {"value": measured.value, "low": measured.high, "high": measured.low}
    same = {"same_low": measured.same_high, "same_high": measured.same_low}
    mirrored = {name: 2 * measured.chance - end for name, end in (ends | same).items() if end is not None}
    return measured.model_copy(update=mirrored)


@final
@dataclass(frozen=True)
class Evidence:
    """One number of an attack that ran, beside what counts as all.

    Args:
        measured: The number, turned where it must be.
        bound: What counts as all there is to get.
        level: Share of blind guesses that may pass for a leak.
    """

    measured: Measurement
    bound: float
    level: float

    @property
    def strength(self) -> tuple[float, float]:
        """What attacks are ranked by: the lower end of the interval over chance, then the value; no ceiling."""
        m, most = self.measured, most_of(self.measured.metric)
        return advantage(m.low, m.chance, most), advantage(m.value, m.chance, most)

    @cached_property
    def above(self) -> bool:
        """Whether it is above chance, so surely that all attacks of a study together seldom seem to be."""
        m = self.measured
        if m.low <= m.chance:
            return False  # no stricter end is above where this one is not
        end = intervals.lower_end_of_mean if m.metric in MEANS else intervals.lower_end
        sides = 2 if m.metric in TWO_SIDED else 1
        return end(m.value, m.low, m.identities, self.level / sides) > m.chance

    @property
    def breaks(self) -> bool:
        """Whether the lower end is past half of the way, or past ten times chance for linkage."""
        m = self.measured
        linked = m.metric == "linkage" and m.low > LINKED * m.chance
        return self.above and (linked or advantage(m.low, m.chance, self.bound) > BROKEN)

    def could_be(self, limit: float) -> bool:
        """Whether the interval reaches as far as ``limit`` of the way; an AUC may do so on either side."""
        m = self.measured
        high = max(m.high, 2 * m.chance - m.low) if m.metric in TWO_SIDED else m.high
        return advantage(high, m.chance, self.bound) >= limit
