"""The gate for continuous integration: ``linkage>0.05`` fails a report in which linkage gets past 5 %."""

import math
import operator
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from masquerade.audit.results import Arm, Leak, Measurement, Report
from masquerade.errors import UnknownName, UsageError, did_you_mean
from masquerade.report.words import amount, meaning, on_terminals

_EXPRESSION = re.compile(
    r"\s*([A-Za-z][\w .\-]*?)\s*(>=|<=|>|<)\s*([0-9]*\.?[0-9]+(?:[eE][+-]?[0-9]+)?)\s*(%?)\s*"
)
_WANTED = {">": "<=", ">=": "<", "<": ">=", "<=": ">"}
_COMPARE = {">": operator.gt, ">=": operator.ge, "<": operator.lt, "<=": operator.le}


@dataclass(frozen=True)
class Condition:
    """What must not be: a metric or attack past a limit.

    Args:
        name: A metric (``linkage``), an attack (``known_pairs``), or ``utility``.
        sign: One of ``>``, ``>=``, ``<`` and ``<=``.
        limit: The number compared with.
    """

    name: str
    sign: str
    limit: float

    def met_by(self, value: float) -> bool:
        """Whether ``value`` is past the limit."""
        return bool(_COMPARE[self.sign](value, self.limit))

    def wanted(self, metric: str) -> str:
        """What should be, as text: the opposite, the limit written as values of the metric are."""
        return on_terminals(f"{self.name} {_WANTED[self.sign]} {amount(metric, self.limit)}")


@dataclass(frozen=True)
class Ruling:
    """What the gate says.

    Args:
        passed: Whether the condition is met nowhere and nothing is missing.
        worst: The worst point estimate, None if nothing was measured.
        reason: What was asked for, and why it is so or not, in a sentence or two.
    """

    passed: bool
    worst: float | None
    reason: str


def parse(expression: str) -> Condition:
    """A condition from text such as ``linkage>0.05`` or ``identification >= 20%``.

    Raises:
        UsageError: If the text is no such condition.
    """
    found = _EXPRESSION.fullmatch(expression)
    if found is None or not math.isfinite(float(found[3])):
        raise UsageError(
            "not a condition",
            value=expression,
            place="--fail-if",
            remedy="Write a metric or attack, one of > >= < <=, and a number: linkage>0.05",
        )
    name, sign, number, unit = found.groups()
    return Condition(name, sign, float(number) / (100 if unit else 1))


def judge(report: Report, condition: Condition) -> Ruling:
    """Hold a condition against the worst protected arm.

    Point estimates are compared, not the ends of intervals, so that a small audit neither fails nor passes by
    being small. An attack that is incomplete never passes; nor does a report in which nothing was measured.

    Raises:
        UsageError: If the report has no metric or attack of that name.
    """
    protected = [arm for arm in report.arms if arm.protected]
    measured = [(arm, who, m) for arm in protected for who, m in _measured(arm, condition.name)]
    missing = [(arm, leak) for arm in protected for leak in _incomplete(arm, condition.name)]
    require_known(condition, _names(report))
    wanted = condition.wanted(measured[0][2].metric if measured else condition.name)
    if wild := [(arm, who) for arm, who, m in measured if not math.isfinite(m.value)]:
        arm, who = wild[0]
        return Ruling(
            False, None, f"FAILED {wanted}: not known, since {who} under {arm.title} gave no number."
        )
    if measured:
        pick = max if condition.sign.startswith(">") else min
        arm, who, worst = pick(measured, key=lambda found: found[2].value)
        if condition.met_by(worst.value):
            return Ruling(False, worst.value, f"FAILED {wanted}: {_said(worst, who, arm)}")
    if missing:
        arm, leak = missing[0]
        return Ruling(
            False, None, f"FAILED {wanted}: not known, since {leak.title} under {arm.title} is incomplete."
        )
    if not measured:
        reason = "not known, since nothing was measured under a protection."
        return Ruling(False, None, f"FAILED {wanted}: {reason}")
    return Ruling(True, worst.value, f"passed {wanted}: at worst {_said(worst, who, arm)}")


def _said(worst: Measurement, who: str, arm: Arm) -> str:
    value = amount(worst.metric, worst.value)
    return on_terminals(f"{value} by {who} under {arm.title}. {meaning(worst)}")


def _measured(arm: Arm, name: str) -> Iterator[tuple[str, Measurement]]:
    if name == "utility" and arm.utility is not None:
        yield "the trained model", arm.utility
    for leak in arm.leaks:
        if leak.headline is None:
            continue
        if leak.attack == name:
            yield leak.title, leak.headline
        yield from ((leak.title, m) for m in (leak.headline, *leak.others) if m.metric == name)


def _incomplete(arm: Arm, name: str) -> Iterator[Leak]:
    """Incomplete attacks that could have decided; any of them may have, for a metric."""
    by_name = any(leak.attack == name for leak in arm.leaks)
    for leak in arm.leaks:
        if leak.status == "incomplete" and name != "utility" and (leak.attack == name or not by_name):
            yield leak


def _names(report: Report) -> set[str]:
    leaks = [leak for arm in report.arms for leak in arm.leaks]
    metrics = {m.metric for leak in leaks for m in (leak.headline, *leak.others) if m is not None}
    return metrics | {leak.attack for leak in leaks}


def require_known(condition: Condition, names: Iterable[str]) -> None:
    """Refuse a condition on what is not measured.

    Args:
        condition: What must not be.
        names: Metrics and attacks that there are, beside ``utility``.

    Raises:
        UsageError: If there is none of that name.
    """
    known = sorted({"utility", *names})
    if condition.name not in known:
        raise UnknownName(
            "no such metric or attack in the study",
            value=condition.name,
            place="--fail-if",
            remedy=f"{did_you_mean(condition.name, known)}There are: {', '.join(known)}.",
        )
