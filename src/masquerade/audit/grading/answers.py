"""Answers the two questions for every arm: the worst attack decides, and what could not have shown it is no pass."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, final

from masquerade.audit.grading.grade import BROKEN, FALSE_ALARMS, HIDDEN, Evidence, bound_of, turned
from masquerade.audit.results import Answer, Arm, Grade, Leak, Measurement, Report
from masquerade.disguises.promised import promised_as_described
from masquerade.metrics import question_of
from masquerade.metrics.scale import NO_LEAK
from masquerade.promises import BOTH, QUESTIONS, Question

WORST_FIRST: Final[tuple[Grade, ...]] = (
    "BROKEN",
    "INCOMPLETE",
    "WEAKENED",
    "NOT BROKEN BY THE ATTACKS RUN",
    "UNPROTECTED",
)


def with_answers(report: Report) -> Report:
    """A report whose arms answer both questions: one from before is answered from its leaks."""
    if all(arm.answers for arm in report.arms):
        return report
    return report.model_copy(update={"arms": answered(report.arms)})


def answered(arms: Sequence[Arm]) -> list[Arm]:
    """Fill in what each attack reaches without protection, the answers, and the grades that follow from them.

    Args:
        arms: All arms of a study with their leaks; the first unprotected one is what others are compared with.
    """
    free = next((arm for arm in arms if not arm.protected), None)
    ceilings = {} if free is None else {leak.attack: leak.headline for leak in free.leaks if leak.headline}
    reached = [m for leak in (free.leaks if free else ()) for m in _numbers(leak)]
    judge = _Judge(
        bounds={m.metric: max(n.value for n in reached if n.metric == m.metric) for m in reached},
        asks={leak.attack: asked for arm in arms for leak in arm.leaks if (asked := questions_of(leak))},
        level=FALSE_ALARMS / max(1, sum(_tests(arm) for arm in arms if arm.protected)),
    )
    done = []
    for arm in arms:
        leaks = [
            leak.model_copy(update={"ceiling": m.value if (m := ceilings.get(leak.attack)) else leak.ceiling})
            for leak in arm.leaks
        ]
        done.append(judge.graded(arm.model_copy(update={"leaks": leaks})))
    return done


@final
@dataclass(frozen=True)
class _Judge:
    """What all arms of a study are judged by.

    Args:
        bounds: The most that any attack reaches without protection, by metric.
        asks: The questions that an attack answers, by name, where any of its numbers says so.
        level: Share of blind guesses that may pass for a leak.
    """

    bounds: dict[str, float]
    asks: dict[str, frozenset[Question]]
    level: float

    def graded(self, arm: Arm) -> Arm:
        """The arm with its answers; its grade is the worst of those that it promises."""
        promised = arm.promises or promised_as_described(arm.recipe)
        answers = [self._answer(arm, question, question in promised) for question in QUESTIONS]
        worst = min(
            (answer for answer in answers if answer.promised or not arm.protected),
            key=lambda answer: (WORST_FIRST.index(answer.grade), -self._strength(answer)),
        )
        strongest = worst.strongest or next((a.strongest for a in answers if a.promised and a.strongest), "")
        return arm.model_copy(update={"answers": answers, "grade": worst.grade, "strongest": strongest})

    def _strength(self, answer: Answer) -> float:
        return -1.0 if answer.leak is None else self._evidence(answer.leak).strength[0]

    def _evidence(self, measured: Measurement) -> Evidence:
        seen = turned(measured)
        return Evidence(seen, bound_of(seen, self.bounds.get(seen.metric)), self.level)

    def _answer(self, arm: Arm, question: Question, promised: bool) -> Answer:
        seen = [(leak, self._evidence(m)) for leak in arm.leaks if (m := _number(leak, question))]
        leak, best = max(seen, key=lambda pair: pair[1].strength, default=(None, None))
        reason = ""
        if not arm.protected:
            grade: Grade = "UNPROTECTED"
        elif any(evidence.breaks for _, evidence in seen):
            grade = "BROKEN"
        elif reason := next(self._gaps(arm, question, seen), ""):
            grade = "INCOMPLETE"
        elif any(evidence.above for _, evidence in seen):
            grade = "WEAKENED"
        else:
            grade = "NOT BROKEN BY THE ATTACKS RUN"
        return Answer(
            question=question,
            promised=promised and arm.protected,
            grade=grade,
            reason=reason,
            strongest=leak.attack if leak else "",
            leak=best.measured.model_copy(update={"runs": []}) if best else None,
            shows=leak.shows if leak else [],
        )

    def _gaps(self, arm: Arm, question: Question, seen: list[tuple[Leak, Evidence]]) -> Iterator[str]:
        """Why nothing can be concluded, the plainest reason first; nothing if something can."""
        if not seen and not any(self._concerns(leak, question) for leak in arm.leaks):
            yield "no attack of this study asks it"
        for leak in arm.leaks:
            if leak.status == "incomplete" and self._concerns(leak, question):
                yield f"{leak.title}: {leak.reason or 'incomplete'}"
            elif _void(leak, question):
                yield f"{leak.title}: the negative control failed"
        if not seen:
            yield "no attack that asks it concerns this protection"
        if unread := _unread(arm, question):
            yield f"no attack here that asks it reads this protection: {', '.join(unread)}"
        if not any(leak.control is not None and leak.control.passed for leak, _ in seen):
            yield "no attack that ran has a positive control"
        limit = BROKEN if any(evidence.above for _, evidence in seen) else HIDDEN
        for leak, evidence in sorted(seen, key=lambda pair: pair[1].strength, reverse=True):
            if evidence.could_be(limit):
                yield f"cannot tell at this number of people ({evidence.measured.identities}): {leak.title}"

    def _concerns(self, leak: Leak, question: Question) -> bool:
        """Whether an attack would have answered the question; one of which nothing is known might have."""
        return question in (questions_of(leak) or self.asks.get(leak.attack, BOTH))


def _tests(arm: Arm) -> int:
    return sum(_number(leak, question) is not None for leak in arm.leaks for question in QUESTIONS)


def _numbers(leak: Leak) -> list[Measurement]:
    """The numbers of an attack that are leaks, the headline first; a failed positive control voids none."""
    if leak.headline is None:
        return []
    return [m for m in (leak.headline, *leak.others) if m.metric not in NO_LEAK]


def _number(leak: Leak, question: Question) -> Measurement | None:
    """The first number that answers the question; None where its negative control failed."""
    found = next((m for m in _numbers(leak) if question_of(m.metric) == question), None)
    return None if found is None or _void(leak, question) else found


def _void(leak: Leak, question: Question) -> bool:
    metric = next((m.metric for m in _numbers(leak) if question_of(m.metric) == question), None)
    return any(not control.passed for control in leak.negatives if control.metric == metric)


def questions_of(leak: Leak) -> frozenset[Question]:
    """The questions that an attack answers, as far as it says or its numbers do."""
    return frozenset(leak.asks) or frozenset(question_of(m.metric) for m in _numbers(leak))


def _unread(arm: Arm, question: Question) -> list[str]:
    """Kinds of parts that no attack which ran and asks it was made for; none in a report that does not say.

    Who reads a structure to link photos says nothing of people: a classifier of clean faces would acquit alone.
    """
    ran = [leak for leak in arm.leaks if leak.status == "ran" and question in questions_of(leak)]
    read = {kind for leak in ran for kind in leak.reads}
    return sorted(set(arm.kinds or ()) - read)
