"""Which arms of a report are protections under test, which are there to compare with, and which nobody attacked."""

from masquerade.audit.results import Arm, Report
from masquerade.disguises.promised import control_as_described


def controls(report: Report) -> list[Arm]:
    """Arms that show what others are worth, such as noise of a cloak's size; none where nothing else is under test."""
    protected = [arm for arm in report.arms if arm.protected]
    found = [arm for arm in protected if control_as_described(arm.recipe)]
    return found if len(found) < len(protected) else []


def under_test(report: Report) -> list[Arm]:
    """The protections that a report is about: all but controls, attacked or not."""
    beside = {arm.name for arm in controls(report)}
    return [arm for arm in report.arms if arm.protected and arm.name not in beside]


def attacked(report: Report) -> list[Arm]:
    """Those under test on which an attack gave a number."""
    return [arm for arm in under_test(report) if any(leak.headline is not None for leak in arm.leaks)]


def not_attacked(report: Report) -> list[Arm]:
    """Those under test of which nothing is known."""
    return [arm for arm in under_test(report) if all(leak.headline is None for leak in arm.leaks)]
