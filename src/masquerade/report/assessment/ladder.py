"""What each grade means, from the worst to the best, and which protections of a report stand where."""

from dataclasses import dataclass
from typing import Final, final

from masquerade.audit.grading.grade import BROKEN, HIDDEN, LINKED
from masquerade.audit.results import Grade, Report
from masquerade.report.roles import under_test

_MEANS: Final[tuple[tuple[Grade, str, str], ...]] = (
    (
        "BROKEN",
        f"An attack surely gets more than {100 * BROKEN:g} % of the way from a blind guess to all there is to get; or, "
        f"where photos are linked, more than {LINKED:g} times what guessing finds.",
        "Do not rely on it for what it promises.",
    ),
    (
        "WEAKENED",
        f"An attack surely does better than guessing, and gets less than {100 * BROKEN:g} % of the way.",
        "Some people are exposed. Weigh how many against the use, or change the protection.",
    ),
    (
        "INCOMPLETE",
        "Nothing can be concluded: what was run could not have shown a break.",
        "Count it as unprotected until the reason is mended.",
    ),
    (
        "NOT BROKEN BY THE ATTACKS RUN",
        f"No attack that ran does better than guessing, and none could hide {100 * HIDDEN:g} % of the way.",
        "It says nothing of attacks that were not run. Run it again when the tool, the photos or the attacks change.",
    ),
)


@final
@dataclass(frozen=True)
class Rung:
    """One grade.

    Args:
        grade: Its name.
        means: What was found.
        do: What follows from it.
        here: Titles of the protections under test that have it.
    """

    grade: Grade
    means: str
    do: str
    here: tuple[str, ...]


def ladder(report: Report) -> list[Rung]:
    """All grades that a protection can have, the worst first."""
    tested = under_test(report)
    return [
        Rung(grade, means, do, tuple(arm.title for arm in tested if arm.grade == grade))
        for grade, means, do in _MEANS
    ]
