"""Utilities beside what the owner gets with nothing released."""

from masquerade.audit.results import Measurement, Reference, Report

NOTHING = "nothing released"
LEAVES = {NOTHING: "nothing leaves", "answers alone": "the task itself"}
"""What stands in the place of a grade."""
HAD = "named photos of the same people, photos of other people, the public encoder and the cloud's network"
"""What an attacker has who compares a task's answers."""


def nothing_released(report: Report) -> Measurement | None:
    """What is recognised with nothing released, by the first way that was measured; None where none was."""
    return next((each.utility for each in report.references if each.name == NOTHING and each.utility), None)


def against_nothing(utility: Measurement | None, report: Report) -> str:
    """How much better or worse a utility is than with nothing released, in words; empty where that is not known."""
    home = nothing_released(report)
    if utility is None or home is None or utility.metric != home.metric:
        return ""
    points = 100 * (utility.value - home.value)
    if abs(points) < 0.05:
        return "as with nothing released"
    return f"{abs(points):.1f} points {'more' if points > 0 else 'less'} than with nothing released"


def place_of_grade(reference: Reference) -> str:
    """What stands in a table where protections have their grade."""
    return LEAVES[reference.name]
