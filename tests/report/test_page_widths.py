"""Pages in a browser: nothing is cut off on a phone, on a desk or on paper, whatever was measured."""

import re
from collections.abc import Sequence
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from example_report import example_pictures, example_report
from masquerade.audit.grading.answers import with_answers
from masquerade.audit.results import Report
from masquerade.report.page import page
from places import ROOT

REPORTS = sorted((ROOT / "studies" / "results").glob("*.json"), key=lambda path: path.stat().st_size)[-10:]
"""The largest ones: the most arms, attacks and figures."""
PAPER = 703
"""Pixels across between the margins of an A4 sheet: 210 mm without 24."""
TALL = 900
SHEET = 267 / 25.4 * 96
"""Pixels down between the margins: 297 mm without 30."""
PLACES = [(360, "screen"), (768, "screen"), (1280, "screen"), (PAPER, "print")]
CUT = """
(paper) => {
  const limit = document.documentElement.clientWidth + 1;
  const scrolls = (each) => !paper && ["auto", "scroll"].includes(getComputedStyle(each).overflowX);
  const found = [];
  const look = (each) => {
    const box = each.getBoundingClientRect();
    const style = getComputedStyle(each);
    const beyond = box.width > 0 && (box.right > limit || box.left < -1);
    const hides = ["hidden", "clip"].includes(style.overflowX) && each.scrollWidth > each.clientWidth + 1;
    if (beyond || hides) found.push(`${each.tagName} ${each.textContent.slice(0, 40)}`);
    if (each.tagName !== "svg" && !scrolls(each)) [...each.children].forEach(look);
  };
  look(document.body);
  return found;
}
"""


def cut_off(browser: Browser, text: str, width: int, media: str) -> list[str]:
    """What of a page lies beyond its edge."""
    return everywhere(browser, text, [(width, media)])


def everywhere(browser: Browser, text: str, places: Sequence[tuple[int, str]]) -> list[str]:
    """What of a page lies beyond its edge, at each width and on each medium."""
    shown = browser.new_page()
    shown.set_content(text)
    found = []
    for width, media in places:
        shown.set_viewport_size({"width": width, "height": TALL})
        shown.emulate_media(media=media)  # type: ignore[arg-type]
        found += [f"{width} {media}: {each}" for each in shown.evaluate(CUT, media == "print")]
    shown.close()
    return found


def hard() -> Report:
    """Names without a space, numbers of many digits, and everything at once."""
    report = example_report()
    arms = [
        arm.model_copy(update={"title": f"{arm.title} {'unbroken_name_' * 8}", "beside": arm.beside * 2})
        for arm in report.arms
    ]
    return report.model_copy(
        update={
            "arms": arms,
            "not_tested": ["x" * 300],
            "command": "masquerade " + "a" * 300,
            "stale": ["y" * 300],
        }
    )


@pytest.mark.parametrize("path", REPORTS, ids=lambda path: path.stem)
def test_nothing_of_a_committed_report_is_cut_off(browser: Browser, path: Path) -> None:
    report = with_answers(Report.model_validate_json(path.read_text("utf-8")))
    assert everywhere(browser, page(report, ()), PLACES) == []


@pytest.mark.parametrize("report", [example_report(), hard()], ids=["example", "hard"])
def test_nothing_is_cut_off_whatever_names_are_and_with_pictures(browser: Browser, report: Report) -> None:
    assert everywhere(browser, page(report, example_pictures(), earlier=example_report()), PLACES) == []


def test_the_check_sees_what_is_cut_off(browser: Browser) -> None:
    wide = "<body style='margin:0'><table><tr><td style='min-width:900px'>x</td></tr></table>"
    hidden = "<body><div style='overflow:hidden;width:50px'><p style='width:90px'>x</p></div>"
    rolled = f"<body style='margin:0'><div style='overflow-x:auto'>{wide}</div>"
    assert cut_off(browser, wide, 360, "screen")
    assert cut_off(browser, hidden, 360, "screen")
    assert cut_off(browser, rolled, 360, "screen") == []
    assert cut_off(browser, rolled, 360, "print")


def height_on_paper(browser: Browser, report: Report) -> float:
    """Pixels from the top of the page to the end of the verdict."""
    shown = browser.new_page(viewport={"width": PAPER, "height": TALL})
    shown.emulate_media(media="print")
    shown.set_content(page(report, ()))
    height: float = shown.evaluate("document.querySelector('.verdict').getBoundingClientRect().bottom")
    shown.close()
    return height


@pytest.mark.parametrize("arms", [1, 2, 4])
def test_a_verdict_of_a_few_protections_prints_on_one_sheet(browser: Browser, arms: int) -> None:
    report = example_report()
    few = report.model_copy(update={"arms": report.arms[: 1 + arms]})
    assert height_on_paper(browser, few) <= SHEET


@pytest.mark.parametrize("path", REPORTS, ids=lambda path: path.stem)
def test_a_verdict_of_any_number_of_protections_prints_on_one_sheet(browser: Browser, path: Path) -> None:
    report = with_answers(Report.model_validate_json(path.read_text("utf-8")))
    assert height_on_paper(browser, report) <= SHEET


def test_it_prints_on_sheets_of_a4(browser: Browser) -> None:
    """The verdict, what to do about it and the evidence begin on sheets of their own."""
    shown = browser.new_page()
    shown.set_content(page(example_report(), example_pictures(), earlier=example_report()))
    printed = shown.pdf(prefer_css_page_size=True)
    shown.close()
    sheets = re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", printed)
    assert len(sheets) >= 3
    assert {(round(float(across)), round(float(down))) for across, down in sheets} == {(595, 842)}
