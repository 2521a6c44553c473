"""A report beside an earlier one: better, worse, no sure difference, or not to be compared."""

import pytest

from example_report import example_report, measured
from masquerade.audit.grading.answers import with_answers
from masquerade.audit.results import Arm, Leak, Report
from masquerade.report.assessment.changes import compared_with
from masquerade.report.markdown import markdown
from masquerade.report.page import page


def report(
    value: float, metric: str = "linkage", chance: float = 1 / 400, name: str = "p", **more: object
) -> Report:
    leak = Leak(
        attack="a",
        title="a",
        shows=[],
        status="ran",
        headline=measured(metric, value, chance),
        control=None,
        ceiling=1.0,
    )
    arm = Arm(name=name, title=name, protected=True, recipe={}, leaks=[leak], grade="INCOMPLETE")
    example = example_report()
    return with_answers(example.model_copy(update={"arms": [example.arms[0], arm], **more}))


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        (report(0.9), report(0.1), "better"),
        (report(0.1), report(0.9), "worse"),
        (report(0.5), report(0.51), "no sure difference"),
        (report(0.5), report(0.5), "the same"),
        (report(0.5), report(0.5, "ssim"), "not comparable"),
        (report(0.6, "identification", 0.1), report(0.6, "identification", 0.5), "better"),
    ],
)
def test_leaks_are_compared_by_question(before: Report, now: Report, expected: str) -> None:
    found = compared_with(now, before)
    directions = [each.direction for each in found.differences if each.what != "grade"]
    assert directions == [expected]


def test_grades_go_up_and_down_the_ladder() -> None:
    worse = compared_with(example_report(), example_report())
    assert {each.direction for each in worse.differences if each.what == "grade"} == {"the same"}
    arms = example_report().arms

    def graded(grade: str) -> Report:
        return example_report().model_copy(
            update={"arms": [arms[0], arms[1].model_copy(update={"grade": grade})]}
        )

    def direction(before: str, now: str) -> str:
        return compared_with(graded(now), graded(before)).differences[0].direction

    assert direction("BROKEN", "WEAKENED") == "better"
    assert direction("NOT BROKEN BY THE ATTACKS RUN", "WEAKENED") == "worse"
    assert direction("BROKEN", "INCOMPLETE") == "not comparable"


def test_what_only_one_of_them_has_is_said() -> None:
    found = compared_with(report(0.5, name="new"), report(0.5, name="old"))
    assert [(each.arm, each.before, each.now) for each in found.differences] == [
        ("new", "–", "BROKEN"),
        ("old", "BROKEN", "–"),
    ]


def test_what_the_two_do_not_share_is_said_first() -> None:
    before, now = report(0.5, study="other", profile="quick"), report(0.5, masquerade="9.9")
    apart = compared_with(now, before).apart
    assert [each.split(":")[0] for each in apart] == [
        "another study",
        "another profile",
        "another version of masquerade",
    ]
    assert compared_with(now, now).apart == ()


def test_page_and_markdown_have_the_comparison_where_it_is_asked_for() -> None:
    before, now = report(0.9), report(0.1)
    for write in (lambda earlier: page(now, (), earlier=earlier), lambda earlier: markdown(now, earlier)):
        with_it, without = write(before), write(None)
        assert "What changed since the earlier report" in with_it
        assert "90 of 100" in with_it
        assert "What changed" not in without
        assert with_it.index("What changed") < with_it.index("What to change")
