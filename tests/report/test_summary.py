"""``summary.json``: written beside every report, valid by its schema, and the same verdict in a few fields."""

import json
import math
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given, settings

from any_report import reports
from example_report import example_report
from masquerade.audit.grading.answers import WORST_FIRST, with_answers
from masquerade.audit.results import Report
from masquerade.files.kinds import Kind, kind_of
from masquerade.report import render
from masquerade.report.assessment.summary import SUMMARY_SCHEMA, Summary, summary_of, summary_schema
from masquerade.report.roles import under_test
from places import ROOT

REPORTS = sorted((ROOT / "studies" / "results").glob("*.json"))
PUBLISHED = json.loads(SUMMARY_SCHEMA.read_text("utf-8"))


def valid(text: str) -> None:
    def constant(name: str) -> None:
        raise AssertionError(f"{name} is no JSON")

    found = json.loads(text, parse_constant=constant)
    jsonschema.validate(found, PUBLISHED, cls=jsonschema.Draft202012Validator)


def test_the_published_schema_is_that_of_the_model() -> None:
    jsonschema.Draft202012Validator.check_schema(PUBLISHED)
    assert summary_schema() == PUBLISHED, "the model changed: run summary.publish_summary_schema()"


@pytest.mark.parametrize("path", REPORTS, ids=lambda path: path.stem)
def test_every_written_summary_is_valid_and_says_what_the_report_says(path: Path, tmp_path: Path) -> None:
    report = with_answers(Report.model_validate_json(path.read_text("utf-8")))
    render(report, (), tmp_path)
    text = (tmp_path / "summary.json").read_text("utf-8")
    valid(text)
    assert kind_of(tmp_path / "summary.json") is Kind.SUMMARY
    summary = Summary.model_validate_json(text)
    tested = under_test(report)
    assert summary.grade == (min((arm.grade for arm in tested), key=WORST_FIRST.index) if tested else None)
    assert [arm.name for arm in summary.protections if arm.role == "protection"] == [
        arm.name for arm in tested
    ]
    for short, arm in zip(summary.protections, report.arms, strict=True):
        assert (short.name, short.grade, short.decided_by) == (arm.name, arm.grade, arm.strongest)
        for asked, answer in zip(short.questions, arm.answers, strict=True):
            assert (asked.question, asked.grade, asked.attack) == (
                answer.question,
                answer.grade,
                answer.strongest,
            )
            leak = answer.leak
            told = None if leak is None else (leak.metric, leak.value, leak.low, leak.high, leak.chance)
            numbers = (asked.metric, asked.leak, asked.low, asked.high, asked.chance)
            assert numbers == (told or (None,) * 5)


@settings(deadline=None, max_examples=50)
@given(reports())
def test_whatever_was_measured_is_valid(report: Report) -> None:
    valid(summary_of(report).model_dump_json())


def test_what_is_no_number_is_null() -> None:
    report = example_report()
    arm = report.arms[1]
    leak = arm.answers[0].leak
    assert leak is not None
    wild = arm.answers[0].model_copy(
        update={"leak": leak.model_copy(update={"value": math.nan, "high": math.inf})}
    )
    changed = report.model_copy(update={"arms": [arm.model_copy(update={"answers": [wild, arm.answers[1]]})]})
    asked = summary_of(changed).protections[0].questions[0]
    assert (asked.leak, asked.high, asked.low) == (None, None, leak.low)


def test_the_schema_refuses_another_grade_and_what_is_not_declared() -> None:
    found = json.loads(summary_of(example_report()).model_dump_json())
    for change in ({"grade": "FINE"}, {"more": 1}, {"version": 2}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate({**found, **change}, PUBLISHED, cls=jsonschema.Draft202012Validator)
