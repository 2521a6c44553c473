"""What page and Markdown say before the evidence."""

from typing import Any, Final

from masquerade.audit.grading.answers import with_answers
from masquerade.audit.results import Report
from masquerade.report import plain, roles
from masquerade.report.assessment import changes, headings, ladder, remedies

MOST_CARDS: Final = 3
"""More protections than these have a paragraph each in the verdict, and no card."""

MOST_LINES: Final = 4
"""More than these have a row each, so that the verdict stays one sheet; their paragraphs follow it."""


def told(report: Report, earlier: Report | None) -> dict[str, Any]:
    """The verdict, what to do about it, and what changed, by the names that the templates have for them.

    Args:
        report: What an audit found, with its answers.
        earlier: A report to compare with; None to compare with nothing.
    """
    missed = [] if report.folders is None else [each for each in report.folders.missed if each.count]
    return {
        "verdicts": plain.verdicts(report),
        "full": MOST_CARDS,
        "most_lines": MOST_LINES,
        "whom": plain.subject_of(report),
        "source": plain.data_of(report),
        "missed": missed,
        "controls": roles.controls(report),
        "unattacked": roles.not_attacked(report),
        "comparison": None if earlier is None else changes.compared_with(report, with_answers(earlier)),
        "remedies": remedies.remedies(report),
        "ladder": ladder.ladder(report),
        "headings": headings.sections(report),
        "note": headings.NOTE,
    }
