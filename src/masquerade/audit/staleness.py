"""What has moved since a report was written: code, study file or the parameters of a protection."""

from typing import Final

from masquerade.audit.results import Arm, Report
from masquerade.audit.revisions import moved
from masquerade.audit.studies.study import ArmSpec, Resolved, Study
from masquerade.audit.trial import described
from masquerade.errors import MasqueradeError

UNKNOWN_CODE: Final = "before reports said by which code"
_ONLY_PEOPLE: Final = "no classes that were not trained on"
"""What class membership says where there is nobody to compare with."""


def stale(report: Report, study: Study | None) -> list[str]:
    """What a report does not know of, a line each; empty if today's code would measure the same.

    Args:
        report: The report.
        study: What its study says today; None if it is gone.
    """
    found = _mixtures(report)
    if not report.revisions:
        return [UNKNOWN_CODE, *found]
    found += moved(report.revisions)
    if study is None:
        return [*found, "its study is gone"]
    try:
        today = study.at(report.profile)  # type: ignore[arg-type]
    except MasqueradeError:
        return [*found, f"its study has no profile {report.profile} now"]
    if today.digest != report.digest:
        found.append("its study says something else now")
    return [*found, *_other_parameters(report, today)]


def compares_a_class_with_itself(report: Report) -> bool:
    """Whether a report compares classes in training with classes out of it, and says that there are none of those."""
    compares = any("Welch p" in finding for finding in report.findings)
    reasons = [leak.reason for arm in report.arms for leak in arm.leaks]
    return compares and any(_ONLY_PEOPLE in reason for reason in reasons)


def _mixtures(report: Report) -> list[str]:
    if not compares_a_class_with_itself(report):
        return []
    return [
        "attacks of two versions of the code stand in it: its Welch p compares classes that were trained on with the"
        " same classes, and means nothing"
    ]


def _other_parameters(report: Report, study: Resolved) -> list[str]:
    said = {arm.name: arm for arm in study.arms}
    return [
        f"{arm.title} has other parameters now"
        for arm in report.arms
        if arm.name in said and _differs(arm, said[arm.name])
    ]


def _differs(arm: Arm, spec: ArmSpec) -> bool:
    """Whether a protection has other parameters; one whose networks are not here is taken to have the same."""
    try:
        return described(spec) != arm.recipe
    except MasqueradeError:
        return False
