"""The leaderboard: one page from many reports, complete, ordered, sortable, and nothing of a machine on it."""

import json
import os
import re
import runpy
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from example_report import example_report, leaks
from masquerade.audit.results import Arm, Report
from masquerade.cli.app import run
from masquerade.cli.exit_codes import SOME_FAILED
from masquerade.files.kinds import Kind, kind_of
from masquerade.report.leaderboard import GRADES_IN_ORDER, leaderboard, rows_of, without_folders
from places import ROOT

PLAIN = {"kind": "Chain", "parts": []}
NOISE = {"kind": "MatchedNoise", "mean_change": 10.4, "fresh": True}


def written(folder: Path, report: Report, name: str = "report.json", **changes: object) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    said: dict[str, Any] = {**json.loads(report.model_dump_json()), **changes}
    (folder / name).write_text(json.dumps(said, indent=2), encoding="utf-8")
    return folder / name


def with_arms(**changes: object) -> Report:
    """The example with something changed in every protected arm."""
    report = example_report()
    arms = [arm.model_copy(update=changes) if arm.protected else arm for arm in report.arms]
    return report.model_copy(update={"arms": arms})


class Tables(HTMLParser):
    """Of each table by its id: the data of its rows, and the text of each cell."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.rows: dict[str, list[dict[str, str | None]]] = {}
        self.cells: dict[str, list[list[str]]] = {}
        self.table = ""
        self.body = self.inside = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = dict(attrs)
        if tag == "table":
            self.table = known["id"] or ""
            self.rows[self.table], self.cells[self.table] = [], []
        elif tag == "tbody":
            self.body = True
        elif tag == "tr" and self.body:
            self.rows[self.table].append(known)
            self.cells[self.table].append([])
        elif tag in ("td", "th") and self.body:
            self.inside = True
            self.cells[self.table][-1].append("")

    def handle_endtag(self, tag: str) -> None:
        if tag == "tbody":
            self.body = False
        elif tag in ("td", "th"):
            self.inside = False

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.cells[self.table][-1][-1] += data


@pytest.fixture(scope="module")
def script() -> dict[str, Any]:
    return runpy.run_path(str(ROOT / "studies" / "leaderboard_page.py"))


@pytest.fixture(scope="module")
def committed(script: dict[str, Any]) -> str:
    page: str = script["PAGE"].read_text(encoding="utf-8")
    return page


def test_the_committed_page_is_what_the_reports_say(script: dict[str, Any], committed: str) -> None:
    assert committed == leaderboard(script["committed"]()), "run studies/leaderboard_page.py"


def test_every_arm_of_every_report_stands_on_it_once(script: dict[str, Any], committed: str) -> None:
    found = Tables(committed)
    arms = [arm for each in script["committed"]() for arm in each.arms]
    references = [each for report in script["committed"]() for each in report.references]
    assert sum(map(len, found.rows.values())) == len(arms) + len(references)
    assert sum(row["data-grade"] == "UNPROTECTED" for row in found.rows["protections"]) == 0
    assert len(found.rows["protections"]) < sum(arm.protected for arm in arms)  # noise is a control


def test_it_is_ordered_by_grade_and_what_has_no_conclusion_is_last(committed: str) -> None:
    grades = [row["data-grade"] for row in Tables(committed).rows["protections"]]
    places = [GRADES_IN_ORDER.index(grade) for grade in grades]  # type: ignore[arg-type]
    assert places == sorted(places)
    assert {"BROKEN", "INCOMPLETE"} <= set(grades)


def test_within_a_grade_the_smaller_leak_stands_first() -> None:
    report = example_report()
    arms = [
        report.arms[1].model_copy(
            update={"title": f"leaks {linked}", "leaks": leaks(linked, 0.1, 0.5, linked)}
        )
        for linked in (0.9, 0.7, 0.95, 0.8)
    ]
    text = leaderboard([report.model_copy(update={"arms": [report.arms[0], *arms]})])
    found = Tables(text)
    assert {row["data-grade"] for row in found.rows["protections"]} == {"BROKEN"}
    titles = [re.match(r"leaks [\d.]+", cells[0]) for cells in found.cells["protections"]]
    assert [title and title[0] for title in titles] == ["leaks 0.7", "leaks 0.8", "leaks 0.9", "leaks 0.95"]


def test_every_attack_that_applies_stands_in_the_row_with_its_number_or_its_reason() -> None:
    report = example_report()
    found = {row.title: row for row in rows_of(report)}
    for arm in report.arms:
        tried = {each.title: each for each in found[arm.title].tried}
        assert set(tried) == {leak.title for leak in arm.leaks if leak.status != "not applicable"}
        for leak in arm.leaks:
            if leak.status == "ran":
                assert tried[leak.title].shown
            elif leak.status == "incomplete":
                assert tried[leak.title].reason == leak.reason
        assert sum(each.decides for each in tried.values()) == bool(arm.strongest)


@pytest.mark.parametrize(
    ("arm", "role"),
    [
        ({"protected": False, "recipe": PLAIN}, "control: plain"),
        ({"recipe": NOISE}, "control: noise"),
        ({"recipe": {"kind": "Chain", "parts": [NOISE]}}, "control: noise"),
        ({"title": "Control: masks that were never trained"}, "control"),
        ({"recipe": {"kind": "Chain", "parts": [NOISE, {"kind": "BlockPermutation", "block": 4}]}}, ""),
        ({"title": "Out of control: a protection"}, ""),
    ],
)
def test_controls_are_marked_and_stand_apart(arm: dict[str, object], role: str) -> None:
    report = example_report()
    changed = report.arms[1].model_copy(update=arm)
    found = [row.role for row in rows_of(report.model_copy(update={"arms": [report.arms[0], changed]}))]
    assert found == ["control: plain", role]
    tables = Tables(leaderboard([report.model_copy(update={"arms": [report.arms[0], changed]})]))
    assert len(tables.rows["controls"]) == 1 + bool(role)


@pytest.mark.parametrize(
    ("recipe", "system"),
    [
        ({"kind": "BlockPermutation", "block": 4}, "Disguised-Nets"),
        ({"kind": "Chain", "parts": [{"kind": "Encode"}, {"kind": "BlockPermutation", "block": 1}]}, "XNN"),
        ({"kind": "Fawkes"}, "HyperObf and other cloaks"),
        ({"kind": "Crafter"}, "Crafter and other features"),
        ({"kind": "GaussianBlur"}, "Baselines and photo tools"),
        ({"kind": "of a stranger"}, "Other protections"),
        ({}, "Other protections"),
    ],
)
def test_a_row_says_of_which_system_it_is(recipe: dict[str, object], system: str) -> None:
    rows = list(rows_of(with_arms(recipe=recipe)))
    assert {row.system for row in rows} == {system}


def test_what_is_broken_or_of_another_version_is_named_and_the_rest_goes_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good = written(tmp_path / "in" / "good", example_report())
    whole = good.read_text("utf-8")
    for name, text in {
        "cut": whole[: len(whole) // 2],
        "other": json.dumps({**json.loads(whole), "version": 2}),
        "fields": json.dumps({**json.loads(whole), "arms": 7}),
        "strange": "[1, 2]",
        "deep": "[" * 100_000,
        "bytes": "\udcff",
    }.items():
        (tmp_path / "in" / name).mkdir()
        (tmp_path / "in" / name / "report.json").write_bytes(text.encode("utf-8", "surrogateescape"))
    (tmp_path / "in" / "notes.json").write_text("{}")
    os.mkfifo(tmp_path / "pipe.json")
    out = tmp_path / "site"
    assert (
        run(["leaderboard", str(tmp_path / "in"), str(tmp_path / "pipe.json"), "-o", str(out)]) == SOME_FAILED
    )
    said = capsys.readouterr().err
    page = (out / "index.html").read_text("utf-8")
    for name in ("cut", "other", "fields", "strange", "deep", "bytes"):
        assert f"{name}/report.json" in said.replace("\n", "")
        assert f"<li>{name}/report.json: " in page
    assert "pipe.json" in page
    assert "version 2" in page
    assert "notes.json" not in page
    assert len(Tables(page).rows["protections"]) == sum(arm.protected for arm in example_report().arms)
    assert str(tmp_path) not in page


def test_without_any_report_there_is_no_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "empty").mkdir()
    for place in ("empty", "nowhere"):
        assert run(["leaderboard", str(tmp_path / place), "-o", str(tmp_path / "site")]) not in (
            0,
            SOME_FAILED,
        )
        assert place in capsys.readouterr().err.replace("\n", "")
    assert not (tmp_path / "site").exists()


def test_the_same_report_twice_is_shown_once_and_the_page_replaces_itself(tmp_path: Path) -> None:
    one = written(tmp_path / "a", example_report())
    written(tmp_path / "b", example_report())
    out = tmp_path / "site"
    assert run(["leaderboard", str(one), "-o", str(out)]) == 0
    alone = (out / "index.html").read_bytes()
    assert kind_of(out / "index.html") is Kind.LEADERBOARD
    assert run(["leaderboard", str(tmp_path / "a"), str(tmp_path / "b"), str(one), "-o", str(out)]) == 0
    assert (out / "index.html").read_bytes() == alone


def test_what_it_answers_in_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one = written(tmp_path, example_report(), "mine.json")
    assert run(["leaderboard", str(tmp_path), "-o", str(tmp_path / "site"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "page": str(tmp_path / "site" / "index.html"),
        "reports": 1,
        "left_out": [],
    }
    assert one.exists()


def test_a_report_of_older_code_is_stale_whatever_it_says(tmp_path: Path) -> None:
    for name, revisions in (("none", {}), ("older", {"attack no_such_attack": 1}), ("now", {"grade": 0})):
        written(tmp_path / name, example_report(), study=name, revisions=revisions, stale=[])
    assert run(["leaderboard", str(tmp_path), "-o", str(tmp_path / "site")]) == 0
    rows = Tables((tmp_path / "site" / "index.html").read_text("utf-8")).rows["protections"]
    assert all("data-stale" in row for row in rows)
    fresh = Tables(leaderboard([example_report()])).rows["protections"]
    assert not any("data-stale" in row for row in fresh)


SECRETS = [
    "/home/annabel smith/photos/owner.key",
    "~/photos/owner.key",
    "file:///home/annabel/owner.key",
    "C:\\Users\\annabel\\photos\\owner.key",
    "\\\\share\\annabel\\owner.key",
]


@pytest.mark.parametrize("place", SECRETS)
def test_no_path_of_a_machine_gets_on_it(place: str) -> None:
    def quoting(arm: Arm) -> Arm:
        leaks = [
            leak.model_copy(update={"status": "incomplete", "reason": f"cannot read '{place}'"})
            for leak in arm.leaks
        ]
        answers = [
            each.model_copy(update={"reason": f"x: {place}", "grade": "INCOMPLETE"}) for each in arm.answers
        ]
        return arm.model_copy(update={"title": f"Tool {place}", "leaks": leaks, "answers": answers})

    report = example_report()
    found = leaderboard(
        [
            report.model_copy(
                update={
                    "arms": [quoting(arm) for arm in report.arms],
                    "command": f"masquerade audit {place}",
                    "machine": "the machine of annabel",
                    "stale": [f"{place} is gone"],
                    "study": place,
                    "data": report.data.model_copy(update={"name": place, "rejected": [place]}),
                }
            )
        ],
        [f"{place}: it is broken"],
    )
    assert "owner.key" in found
    for secret in ("annabel", "Users", "photos/", "photos\\", "share"):
        assert secret not in found


@pytest.mark.parametrize(
    "text", ["1/2 of them", "and/or", "8 s / 9 s", "9/10 faces, n/a", "a \\ b", "https://x.example/y"]
)
def test_what_is_no_path_is_left(text: str) -> None:
    assert without_folders(text) == text


def test_hostile_titles_are_text(tmp_path: Path) -> None:
    text = leaderboard([with_arms(title="<script>alert(1)</script>")])
    assert "<script>alert" not in text
    assert text.count("<script>") == 1


def test_it_asks_nobody_for_anything(committed: str) -> None:
    assert "default-src 'none'" in committed
    assert not re.search(r"\b(?:src|href|action)=|@import|url\(|https?://", committed)


def test_the_site_holds_the_page_whole_and_its_menu_leads_there(script: dict[str, Any]) -> None:
    assert "Leaderboard: leaderboard/index.html" in (ROOT / "mkdocs.yml").read_text("utf-8")
    assert script["PAGE"] == ROOT / "docs" / "leaderboard" / "index.html"


@pytest.fixture
def opened(browser: Browser, script: dict[str, Any]) -> Iterator[Page]:
    with browser.new_context(viewport={"width": 1280, "height": 900}) as context:
        page = context.new_page()
        problems: list[str] = []
        page.on("console", lambda message: problems.append(message.text))
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.goto(script["PAGE"].as_uri())
        yield page
        assert problems == []


def numbers(page: Page, column: int) -> list[float | None]:
    found = page.eval_on_selector_all(
        "#protections tbody tr", f"rows => rows.map(row => row.cells[{column}].dataset.n ?? null)"
    )
    return [None if each is None else float(each) for each in found]


def test_a_click_on_a_head_sorts_and_another_turns_it(opened: Page) -> None:
    heads = opened.locator("#protections thead button")
    assert heads.count() == 8
    before = numbers(opened, 4)
    for turn in (False, True):
        heads.nth(4).click()
        found = numbers(opened, 4)
        known = [each for each in found if each is not None]
        assert known == sorted(known, reverse=turn)
        assert found[: len(known)] == known, "what was not measured is last"
        assert sorted(map(str, found)) == sorted(map(str, before))


def test_filters_leave_what_fits(opened: Page, committed: str) -> None:
    rows = [row for table in Tables(committed).rows.values() for row in table]
    for system in {row["data-system"] for row in rows}:
        opened.select_option("#system", system)
        opened.select_option("#grade", "BROKEN")
        wanted = [row for row in rows if row["data-system"] == system and row["data-grade"] == "BROKEN"]
        assert opened.locator("tbody tr:visible").count() == len(wanted)
        opened.check("#current")
        assert opened.locator("tbody tr:visible").count() == sum("data-stale" not in row for row in wanted)
        opened.uncheck("#current")


@pytest.mark.parametrize("width", [400, 1280])
def test_nothing_is_cut_off_at_the_side(opened: Page, width: int) -> None:
    opened.set_viewport_size({"width": width, "height": 900})
    assert opened.evaluate("document.documentElement.scrollWidth") <= width


def test_without_scripts_it_is_a_plain_table(browser: Browser, script: dict[str, Any]) -> None:
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(script["PAGE"].as_uri())
        assert page.locator("#filters:visible").count() == 0
        assert page.locator("#protections tbody tr:visible").count() > 100
        assert page.locator("thead button").count() == 0
