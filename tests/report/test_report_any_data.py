"""Pictures of reports: whatever was measured is drawn, and a picture that fails loses nothing else."""

import math
import re
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from any_report import anything, measured, reports
from example_report import example_pictures, example_report
from masquerade.audit.grading.embedding_maps import _placed
from masquerade.audit.results import Report
from masquerade.report import judge, parse, render
from masquerade.report.axis import Axis, around, label, of_shares
from masquerade.report.curves import figures
from masquerade.report.heat_map import heat_map
from masquerade.report.markdown import markdown
from masquerade.report.page import page
from masquerade.report.pictures import embed
from masquerade.report.scatter import scatter

EXAMPLE = example_report()
some = st.lists(anything, max_size=6) | anything.map(lambda value: [value] * 3)


def sound(axis: Axis) -> None:
    assert math.isfinite(axis.low)
    assert math.isfinite(axis.high)
    assert axis.low < axis.high
    ticks = axis.ticks()
    assert len(ticks) <= 40
    assert all(0 <= tick.at <= 100 and tick.label for tick in ticks)
    assert all(0 <= axis.place(value) <= 100 for value in (math.nan, math.inf, -math.inf, 0, 1))


@given(some)
def test_every_axis_has_a_length(values: list[float]) -> None:
    sound(around(values, 0, 100))
    sound(of_shares(values, 0, 100))
    sound(around(values, 0, 100, log=True))


@given(st.floats(0, 1))
def test_shares_that_are_all_the_same_have_ticks(value: float) -> None:
    axis = of_shares([value] * 3, 0, 100)
    assert 0 <= axis.low <= value <= axis.high <= 1
    assert len(axis.ticks()) >= 2


@given(anything)
def test_every_tick_has_a_short_text(value: float) -> None:
    assert 0 < len(label(value)) < 16


@settings(deadline=None, max_examples=50)
@given(reports())
def test_whatever_was_measured_is_drawn(report: Report) -> None:
    text = page(report, ())
    assert markdown(report)
    assert not re.search(r'="(nan|-?inf)"', text)
    for figure in figures(report):
        assert figure.x.low < figure.x.high
    scatter(report)
    heat_map(report)


@settings(deadline=None, max_examples=50)
@given(reports(), st.sampled_from(["linkage>0.05", "utility<0.5", "moments>0.5"]))
def test_whatever_was_measured_is_judged(report: Report, condition: str) -> None:
    named = [*report.arms, EXAMPLE.arms[1]]  # so that the condition names something
    ruling = judge(report.model_copy(update={"arms": named}), parse(condition))
    assert ruling.reason.startswith("passed" if ruling.passed else "FAILED")


def test_what_is_no_number_never_passes() -> None:
    report = EXAMPLE
    leak = report.arms[1].leaks[0]
    wild = leak.model_copy(update={"headline": measured(math.nan, 0, 1, 0.01)})
    arm = report.arms[1].model_copy(update={"leaks": [wild]})
    ruling = judge(report.model_copy(update={"arms": [arm]}), parse("linkage>0.5"))
    assert not ruling.passed
    assert "gave no number" in ruling.reason


@pytest.mark.parametrize("broken", ["scatter.scatter", "curves.figures", "heat_map.heat_map", "embed"])
def test_a_picture_that_fails_loses_nothing_else(
    broken: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise ValueError("no such picture")

    monkeypatch.setattr(f"masquerade.report.page.{broken}", fail)
    text = render(example_report(), example_pictures(), tmp_path).read_text(encoding="utf-8")
    assert "could not be drawn" in text
    assert "ValueError: no such picture" in text
    assert "97.2" in text
    assert "<svg viewBox" not in text
    assert Report.model_validate_json((tmp_path / "report.json").read_text("utf-8")) == example_report()


@pytest.mark.parametrize(
    "images",
    [(), (torch.full((3, 4, 4), torch.nan),), (torch.full((1, 4, 4), torch.inf),), (torch.zeros(5, 1, 1),)],
)
def test_any_picture_is_embedded(images: tuple[torch.Tensor, ...]) -> None:
    assert len(embed("row", images).images) == len(images)


@pytest.mark.parametrize(
    "features", [torch.zeros(1, 8), torch.zeros(12, 8), torch.eye(3), torch.full((9, 4), torch.nan)]
)
def test_maps_of_few_photos_or_of_such_that_are_alike_are_drawn(features: torch.Tensor) -> None:
    placed = _placed(features)
    assert placed.shape == (len(features), 2)
    assert ((placed >= 0) & (placed <= 1)).all()
