"""The verdict in plain words: who could name how many people of a hundred, by which attack, and with what effort.

Every sentence is made of numbers of the report; what a metric counts is its clause.
"""

from dataclasses import dataclass, replace
from typing import Final, final

from masquerade.audit.results import Answer, Arm, Grade, Measurement, Report
from masquerade.promises import Question
from masquerade.report.clauses import Subject, clause_of, filled, of_hundred
from masquerade.report.effort import AttackEffort, deciding, effort_of
from masquerade.report.roles import attacked
from masquerade.report.words import HOLDS, QUESTIONS, amount, interval, meaning, metric_words

_CLASSES: Final = frozenset({"mnist", "cifar10"})
"""Data whose classes are no people."""
_IN_MEMORY: Final = frozenset({"arrays"})
"""What data are called that no report can name: folders and arrays of one's own."""


@final
@dataclass(frozen=True)
class PlainAnswer:
    """One question in plain words.

    Args:
        question: Which of the two.
        asks: The question, in words.
        holds: What whoever asks it has.
        grade: Its grade.
        promised: Whether the protection means to leave it open; else the answer is a fact and counts in no grade.
        says: What could be done, by whom, or why nothing is known.
        chance: What a blind guess gets; empty where nothing was measured.
        sure: How sure it is: interval, and on how much it was measured; empty likewise.
        attack: The attack by which; empty likewise.
        effort: What it took; None likewise.
        short: The leak, its interval and chance, for a row of a table; empty likewise.
    """

    question: Question
    asks: str
    holds: str
    grade: Grade
    promised: bool
    says: str
    chance: str = ""
    sure: str = ""
    attack: str = ""
    effort: AttackEffort | None = None
    short: str = ""


@final
@dataclass(frozen=True)
class PlainVerdict:
    """One protection in plain words.

    Args:
        arm: The protection.
        sentence: What its grade comes to.
        answers: The photo's question and the person's.
        kept: What is left of its use; empty where nobody measured it.
    """

    arm: Arm
    sentence: str
    answers: tuple[PlainAnswer, ...]
    kept: str


def verdicts(report: Report) -> list[PlainVerdict]:
    """Every protection under test on which an attack ran, in the order of the report."""
    return [verdict_of(arm, report) for arm in attacked(report)]


def verdict_of(arm: Arm, report: Report) -> PlainVerdict:
    """One protection in plain words; it must have its answers."""
    whom = subject_of(report)
    return PlainVerdict(
        arm=arm,
        sentence=_sentence(arm, whom),
        answers=tuple(plainly(arm, answer, whom) for answer in arm.answers),
        kept="" if arm.utility is None else meaning(arm.utility),
    )


def subject_of(report: Report) -> Subject:
    """What a report counts by: people; classes that are none; or pictures, where nobody says who is on them."""
    if report.data.name in _CLASSES:
        return "classes"
    return "pictures" if report.folders is not None and not report.folders.named else "people"


def data_of(report: Report) -> str:
    """What the photos are, for the sentence "images of people from ..."."""
    return "the photos that were given" if report.data.name in _IN_MEMORY else report.data.name


def plainly(arm: Arm, answer: Answer, whom: Subject = "people") -> PlainAnswer:
    """One answer in plain words.

    Args:
        arm: The protection.
        answer: One of its answers.
        whom: What the report counts by.
    """
    leak = deciding(arm, answer)
    said = PlainAnswer(
        question=answer.question,
        asks=QUESTIONS[answer.question],
        holds=HOLDS[answer.question],
        grade=answer.grade,
        promised=answer.promised,
        says=f"Not known: {answer.reason or 'no attack answered it'}.",
    )
    if answer.leak is None or leak is None:
        return said
    effort, clause = effort_of(leak), clause_of(answer.leak.metric, whom)
    could = f"{effort.who} {filled(clause.could, answer.leak.metric, answer.leak.value)}."
    match answer.grade:
        case "INCOMPLETE":
            could = f"{said.says} What ran so far: {could[0].lower()}{could[1:]}"
        case "NOT BROKEN BY THE ATTACKS RUN":
            tried = "No attack that ran does measurably better than guessing."
            could = f"{tried} The strongest: {could[0].lower()}{could[1:]}"
    return replace(
        said,
        says=could,
        chance=filled(clause.chance, answer.leak.metric, answer.leak.chance),
        sure=_sure(answer.leak, whom),
        attack=leak.title,
        effort=effort,
        short=_short(answer.leak),
    )


def leak_in_short(measured: Measurement) -> str:
    """A leak for tables and comparisons: of a hundred where it is such a share, else as its metric is written."""
    if clause_of(measured.metric).is_share:
        return f"{of_hundred(measured.value)} of 100"
    return amount(measured.metric, measured.value)


def _short(measured: Measurement) -> str:
    if clause_of(measured.metric).is_share:
        span = f"{of_hundred(measured.low)} to {of_hundred(measured.high)}"
        return f"{leak_in_short(measured)} ({span}), chance {of_hundred(measured.chance)}"
    title = metric_words(measured.metric).title
    chance = amount(measured.metric, measured.chance)
    return f"{title} {leak_in_short(measured)} ({interval(measured)}), chance {chance}"


def _sure(measured: Measurement, whom: Subject) -> str:
    span = interval(measured)
    if clause_of(measured.metric, whom).is_share:
        span = f"{of_hundred(measured.low)} to {of_hundred(measured.high)} of 100"
    of = f" of {measured.identities:,} people" if whom == "people" else ""
    kind = "people" if whom == "people" else "pictures"
    return (
        f"95 % interval for other {kind} of the same kind: {span}. Measured on {measured.n:,} pictures{of}."
    )


def _sentence(arm: Arm, whom: Subject) -> str:
    """What the grade of an arm comes to: of what decides it, never a fixed text over other numbers."""
    worst = next((answer for answer in arm.answers if answer.promised and answer.grade == arm.grade), None)
    match arm.grade:
        case "BROKEN" if worst is not None and worst.leak is not None:
            return f"It does not hold: {clause_of(worst.leak.metric, whom).then}."
        case "WEAKENED" if worst is not None and worst.leak is not None:
            return (
                "It holds in part: an attack does better than guessing, and gets less than half of the way."
            )
        case "INCOMPLETE":
            reason = f": {worst.reason}" if worst is not None and worst.reason else ""
            return f"Nothing can be concluded{reason}."
        case "NOT BROKEN BY THE ATTACKS RUN":
            ran = sum(leak.status == "ran" for leak in arm.leaks)
            return (
                f"No attack of the {ran} that ran did measurably better than guessing. Others were not tried."
            )
        case "UNPROTECTED":
            return "Nothing is promised, so nothing is graded."
        case _:
            return "Graded without a number that would say more."
