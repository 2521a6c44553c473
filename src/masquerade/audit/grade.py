"""Turns an arm's leaks into a grade in words: the strongest attack decides, and a gap is never a pass."""

from collections.abc import Sequence
from typing import Literal

from masquerade.audit.results import Leak, Measurement

Grade = Literal["BROKEN", "WEAKENED", "NOT BROKEN BY THE ATTACKS RUN", "INCOMPLETE", "UNPROTECTED"]

BROKEN_ADVANTAGE = 0.5
"""Half of the way from a blind guess to what the attack reaches without protection."""
BROKEN_LINKAGE = 10.0
"""Times chance at which linking photos counts as broken, however small the share."""


def advantage(value: float, chance: float, ceiling: float | None) -> float:
    """How far ``value`` is from chance (0) towards the score without protection (1)."""
    bound = 1.0 if ceiling is None or ceiling <= chance else ceiling
    if bound == chance:
        return float(value > chance)
    return (value - chance) / (bound - chance)


def strongest(leaks: Sequence[Leak]) -> Leak | None:
    """The attack that ran with the largest advantage; None if none ran."""
    ran = [leak for leak in leaks if leak.headline is not None and leak.status == "ran"]
    return max(ran, key=lambda leak: _advantage(leak, "value"), default=None)


def grade(leaks: Sequence[Leak], protected: bool) -> Grade:
    """The grade of one arm.

    BROKEN: the lower end of an attack's interval is past half of the unprotected bound, or past ten times
    chance for linkage. WEAKENED: it is above chance. INCOMPLETE: neither, and an attack is missing.
    """
    if not protected:
        return "UNPROTECTED"
    ran = [leak for leak in leaks if leak.headline is not None and leak.status == "ran"]
    if any(_breaks(leak) for leak in ran):
        return "BROKEN"
    if not ran or any(leak.status == "incomplete" for leak in leaks):
        return "INCOMPLETE"
    if any(_low(leak) > leak.headline.chance for leak in ran if leak.headline is not None):
        return "WEAKENED"
    return "NOT BROKEN BY THE ATTACKS RUN"


def _breaks(leak: Leak) -> bool:
    measured = leak.headline
    if measured is None:
        return False
    linked = measured.metric == "linkage" and measured.low > BROKEN_LINKAGE * measured.chance
    return linked or _advantage(leak, "low") > BROKEN_ADVANTAGE


def _low(leak: Leak) -> float:
    return leak.headline.low if leak.headline is not None else 0.0


def _advantage(leak: Leak, end: Literal["value", "low"]) -> float:
    measured: Measurement | None = leak.headline
    assert measured is not None  # noqa: S101  (callers keep only leaks that ran)
    return advantage(getattr(measured, end), measured.chance, leak.ceiling)
