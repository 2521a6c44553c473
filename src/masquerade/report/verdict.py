"""The verdict: what an audit found, said first and in words."""

from collections import Counter
from dataclasses import dataclass

from masquerade.audit.grading.answers import questions_of
from masquerade.audit.grading.grade import advantage, bound_of, turned
from masquerade.audit.results import Answer, Arm, Grade, Leak, Measurement, Report
from masquerade.report.roles import under_test
from masquerade.report.words import QUESTIONS, listed

_COUNTED: dict[Grade, str] = {
    "BROKEN": "broken",
    "INCOMPLETE": "without a conclusion",
    "WEAKENED": "weakened",
    "NOT BROKEN BY THE ATTACKS RUN": "not broken by the attacks run",
}


@dataclass(frozen=True)
class Gap:
    """An attack that gave no evidence, and why."""

    arm: str
    attack: str
    reason: str


def headline(report: Report) -> str:
    """One sentence about all protections under test; controls are none."""
    tested = under_test(report)
    count = Counter(arm.grade for arm in tested)
    total = len(tested)
    if not total:
        return "No protection was under test."
    if count["BROKEN"]:
        return _of(count["BROKEN"], total, "is broken", "are broken")
    if count["INCOMPLETE"]:
        return "No conclusion: attacks are missing on " + _share(count["INCOMPLETE"], total) + "."
    if count["WEAKENED"]:
        return _of(count["WEAKENED"], total, "is weakened", "are weakened")
    return _of(total, total, "was not broken by the attacks run", "were not broken by the attacks run")


def others(report: Report) -> str:
    """The grades of the protections that the headline does not speak of; empty if it speaks of all."""
    count = Counter(arm.grade for arm in under_test(report))
    rest = [f"{count[grade]} {words}" for grade, words in _COUNTED.items() if count[grade]][1:]
    return f"The others: {', '.join(rest)}." if rest else ""


def _share(part: int, total: int) -> str:
    if total == 1:
        return "the one protection under test"
    if part == total == 2:
        return "both protections under test"
    return f"{part} of {total} protections" if part < total else f"all {total} protections under test"


def _of(part: int, total: int, one: str, many: str) -> str:
    share = _share(part, total)
    return f"{share[0].upper()}{share[1:]} {one if part == 1 else many}."


def strongest(arm: Arm) -> Leak | None:
    """The attack that decides an arm's grade; None if none ran."""
    return next((leak for leak in arm.leaks if leak.attack == arm.strongest and leak.headline), None)


def advantages(leak: Leak) -> tuple[float, float, float] | None:
    """Value and interval of an attack's advantage: 0 a blind guess, 1 all there is to get.

    That is what it gets without protection, where that is well above chance.
    """
    if leak.headline is None:
        return None
    measured = turned(leak.headline)
    bound = bound_of(measured, leak.ceiling)
    value, low, high = (
        advantage(end, measured.chance, bound) for end in (measured.value, measured.low, measured.high)
    )
    return value, low, high


def had(answer: Answer) -> str:
    """What the strongest attacker had beside what was released."""
    return listed(answer.shows) or "nothing else"


def assumption(arm: Arm, answer: Answer) -> str:
    """The one line beside an answer: what it rests on."""
    if answer.grade == "UNPROTECTED":
        return "Nothing protects: what attackers can get."
    if answer.grade == "INCOMPLETE":
        return f"No conclusion: {answer.reason}."
    if answer.grade == "NOT BROKEN BY THE ATTACKS RUN":
        ran = [leak for leak in arm.leaks if leak.status == "ran" and answer.question in questions_of(leak)]
        most = listed(sorted({sight for leak in ran for sight in leak.shows})) or "what was released"
        return f"Assumes that nobody has better attacks, or more than: {most}."
    return f"Assumes an attacker with: {had(answer)}."


def promise(answer: Answer) -> str:
    """Whether the protection means to leave the question open, in a few words."""
    return "promised" if answer.promised else "not promised, a fact"


def asked(answer: Answer) -> str:
    """The question in words."""
    return QUESTIONS[answer.question]


def gaps(report: Report) -> list[Gap]:
    """Every attack that is incomplete, in the order of the arms."""
    return [
        Gap(arm.title, leak.title, leak.reason)
        for arm in report.arms
        for leak in arm.leaks
        if leak.status == "incomplete"
    ]


def gaps_by_reason(report: Report) -> dict[str, list[str]]:
    """Attacks without evidence by why they have none: "attack, attack on protection, protection" each."""
    arms: dict[tuple[str, str], list[str]] = {}
    for gap in gaps(report):
        arms.setdefault((gap.reason or "no reason given", gap.attack), []).append(gap.arm)
    alike: dict[tuple[str, str], list[str]] = {}
    for (reason, attack), names in arms.items():
        alike.setdefault((reason, ", ".join(names)), []).append(attack)
    found: dict[str, list[str]] = {}
    for (reason, where), attacks in alike.items():
        found.setdefault(reason, []).append(f"{', '.join(attacks)} on {where}")
    return found


def unprotected(report: Report) -> Arm | None:
    """The arm that everything is compared with."""
    return next((arm for arm in report.arms if not arm.protected and arm.utility), None)


def relative_utility(arm: Arm, report: Report) -> float | None:
    """An arm's utility as a share of that without protection."""
    free = unprotected(report)
    if arm.utility is None or free is None or free.utility is None or free.utility.value <= 0:
        return None
    return arm.utility.value / free.utility.value


def visual_privacy(arm: Arm) -> Measurement | None:
    """The paper's measure: one minus the best examiner's share of right names; None if no examiner ran."""
    ran = [
        leak.headline
        for leak in arm.leaks
        if leak.attack.startswith("examiner") and leak.status == "ran" and leak.headline is not None
    ]
    if not ran:
        return None
    best = max(ran, key=lambda measured: measured.value)
    return best.model_copy(
        update={
            "metric": "visual_privacy",
            "value": 1 - best.value,
            "chance": 1 - best.chance,
            "low": 1 - best.high,
            "high": 1 - best.low,
            "runs": [],
        }
    )
