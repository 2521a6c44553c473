"""``summary.json``: a report in a few fields, for dashboards and for whoever has to cite it."""

import json
import math
from pathlib import Path
from typing import Any, Literal

from masquerade.audit.grading.answers import WORST_FIRST, with_answers
from masquerade.audit.results import Answer, Arm, Grade, Plain, Report
from masquerade.promises import Question
from masquerade.report.effort import Level, deciding, effort_of
from masquerade.report.roles import controls, under_test

SUMMARY_SCHEMA = Path(__file__).with_name("summary.schema.json")
"""JSON Schema of ``summary.json``, kept in the package."""
Role = Literal["protection", "control", "unprotected"]


class SummarisedEffort(Plain):
    """What the attack had: the rarest kind of thing, and how many images, pairs or answers where that is known."""

    level: Level
    had: dict[str, int]
    shows: list[str]
    pictures: int
    people: int


class SummarisedQuestion(Plain):
    """One question on one protection; numbers are null where nothing was measured or it is no number."""

    question: Question
    grade: Grade
    promised: bool
    reason: str
    attack: str
    metric: str | None
    leak: float | None
    low: float | None
    high: float | None
    chance: float | None
    effort: SummarisedEffort | None


class SummarisedArm(Plain):
    """One protection, a control, or no protection at all."""

    name: str
    title: str
    role: Role
    grade: Grade
    decided_by: str
    questions: list[SummarisedQuestion]


class Summary(Plain):
    """A report in short; ``grade`` is the worst of its protections under test, null where there is none."""

    format: Literal["masquerade-summary"] = "masquerade-summary"
    version: Literal[1] = 1
    masquerade: str
    study: str
    title: str
    profile: str
    digest: str
    data: str
    images: int
    people: int
    grade: Grade | None
    protections: list[SummarisedArm]
    stale: list[str]
    not_tested: list[str]


def summary_of(report: Report) -> Summary:
    """A report in short."""
    report = with_answers(report)
    beside = {arm.name for arm in controls(report)}
    grades = [arm.grade for arm in under_test(report)]
    return Summary(
        masquerade=report.masquerade,
        study=report.study,
        title=report.title,
        profile=report.profile,
        digest=report.digest,
        data=report.data.name,
        images=report.data.images,
        people=report.data.people,
        grade=min(grades, key=WORST_FIRST.index, default=None),
        protections=[_arm(arm, _role(arm, beside)) for arm in report.arms],
        stale=report.stale,
        not_tested=report.not_tested,
    )


def _role(arm: Arm, beside: set[str]) -> Role:
    if not arm.protected:
        return "unprotected"
    return "control" if arm.name in beside else "protection"


def _arm(arm: Arm, role: Role) -> SummarisedArm:
    return SummarisedArm(
        name=arm.name,
        title=arm.title,
        role=role,
        grade=arm.grade,
        decided_by=arm.strongest,
        questions=[_question(arm, answer) for answer in arm.answers],
    )


def _question(arm: Arm, answer: Answer) -> SummarisedQuestion:
    seen, leak = answer.leak, deciding(arm, answer)
    return SummarisedQuestion(
        question=answer.question,
        grade=answer.grade,
        promised=answer.promised,
        reason=answer.reason,
        attack=answer.strongest,
        metric=None if seen is None else seen.metric,
        leak=None if seen is None else _number(seen.value),
        low=None if seen is None else _number(seen.low),
        high=None if seen is None else _number(seen.high),
        chance=None if seen is None else _number(seen.chance),
        effort=None
        if leak is None or seen is None
        else SummarisedEffort(
            level=effort_of(leak).level,
            had=leak.had,
            shows=leak.shows,
            pictures=seen.n,
            people=seen.identities,
        ),
    )


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None


def summary_schema() -> dict[str, Any]:
    """The JSON Schema that the model has now; the file in the package must equal it."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **Summary.model_json_schema(mode="serialization"),
    }


def publish_summary_schema() -> None:
    """Write the schema anew, after the model was changed."""
    SUMMARY_SCHEMA.write_text(json.dumps(summary_schema(), indent=2) + "\n", encoding="utf-8")
