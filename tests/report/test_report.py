"""Reports: complete, self-contained, the same each time, and never kinder than the audit."""

import base64
import io
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import jsonschema
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from example_report import example_pictures, example_report
from masquerade.audit.results import Report
from masquerade.errors import UsageError
from masquerade.report import PictureGrid, judge, parse, render, schema
from masquerade.report.axis import Axis, around, of_shares
from masquerade.report.heat_map import heat_map
from masquerade.report.pictures import embed
from masquerade.report.render import SCHEMA
from masquerade.report.scatter import scatter
from masquerade.report.verdict import assumption, headline
from masquerade.report.words import METRICS, amount, duration, meaning, percent


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("report")
    render(example_report(), example_pictures(), out)
    return out


@pytest.fixture(scope="module")
def html(folder: Path) -> str:
    return (folder / "report.html").read_text(encoding="utf-8")


def altered(**arms: dict[str, object]) -> Report:
    """The example with fields of arms changed."""
    report = example_report()
    changed = [arm.model_copy(update=arms.get(arm.name.replace("-", "_"), {})) for arm in report.arms]
    return report.model_copy(update={"arms": changed})


def test_json_reads_back_and_meets_its_schema(folder: Path) -> None:
    text = (folder / "report.json").read_text(encoding="utf-8")
    assert Report.model_validate_json(text) == example_report()
    published = json.loads(SCHEMA.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(published)
    jsonschema.validate(json.loads(text), published, cls=jsonschema.Draft202012Validator)
    assert published == schema(), "the model changed: run masquerade.report.render.publish_schema()"


def test_the_schema_refuses_what_is_not_declared(folder: Path) -> None:
    found = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    found["arms"][0]["grade"] = "FINE"
    with pytest.raises(jsonschema.ValidationError, match="FINE"):
        jsonschema.validate(found, json.loads(SCHEMA.read_text(encoding="utf-8")))


def test_the_same_report_gives_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    render(example_report(), example_pictures(), tmp_path)
    for name in ("report.json", "report.md", "report.html"):
        assert (tmp_path / name).read_bytes() == (folder / name).read_bytes()


class Parts(HTMLParser):
    """Tags, addresses and unclosed elements of a page."""

    VOID = frozenset({"meta", "img", "br", "line", "circle", "rect", "path"})

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.addresses: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.addresses += [value or "" for name, value in attrs if name in {"src", "href", "srcset", "data"}]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in self.VOID or (tag in {"li", "p", "td", "th", "tr"} and tag not in self.open):
            return
        assert self.open.pop() == tag


def test_the_page_needs_nothing_beside_it(html: str) -> None:
    parts = Parts()
    parts.feed(html)
    assert not parts.open
    assert not parts.tags & {"script", "link", "iframe", "object", "embed", "base"}
    assert parts.addresses
    assert all(address.startswith("data:image/png;base64,") for address in parts.addresses)
    assert "@import" not in html
    assert "url(" not in html
    assert "http:" not in html
    assert "default-src 'none'" in html


def test_text_from_outside_is_never_markup(html: str, folder: Path) -> None:
    assert "<script>alert" not in html
    assert "&lt;script&gt;alert" in html
    markdown = (folder / "report.md").read_text(encoding="utf-8")
    assert "<script>" not in markdown
    rows = [line for line in markdown.splitlines() if line.startswith("|") and "hardened" in line]
    assert rows
    assert all("'a \\| b'" in row for row in rows)


def test_markdown_tables_are_rectangular(folder: Path) -> None:
    widths: list[int] = []
    for line in (folder / "report.md").read_text(encoding="utf-8").splitlines():
        if line.startswith("|"):
            widths.append(len(re.findall(r"(?<!\\)\|", line)))
        else:
            assert len(set(widths)) <= 1, line
            widths = []


@pytest.mark.parametrize("name", ["report.html", "report.md"])
def test_everything_found_is_said(folder: Path, name: str) -> None:
    text = (folder / name).read_text(encoding="utf-8")
    report = example_report()
    for said in (*report.not_tested, *report.findings, report.command, report.machine, report.data.note):
        assert said in text
    assert headline(report) in text
    assert "97.2" in text
    assert "too weak here to conclude anything" in text
    assert "not applicable" in text
    assert "90.6" in text  # the paper's number


def test_words_that_promise_too_much_do_not_appear(html: str) -> None:
    never = r"encrypted|irreversible|anonymous|anonymi[sz]ed|unbreakable|provably|cannot be reversed|GDPR"
    assert not re.search(never, html, re.IGNORECASE)


def test_an_incomplete_attack_is_listed_as_such_and_never_as_passed(html: str) -> None:
    assert "Incomplete: no evidence either way" in html
    report = altered(
        lfw_2x2={"grade": "INCOMPLETE"}, rows_8x8={"grade": "INCOMPLETE"}, block_4={"grade": "INCOMPLETE"}
    )
    assert headline(report).startswith("No conclusion")


def test_headlines() -> None:
    assert headline(example_report()) == "1 of 4 protections is broken."
    every = {name: {"grade": "BROKEN"} for name in ("lfw_2x2", "rows_8x8", "block_4", "hardened")}
    assert headline(altered(**every)) == "All 4 protections under test are broken."
    held = {name: {"grade": "NOT BROKEN BY THE ATTACKS RUN"} for name in every}
    assert headline(altered(**held)) == "All 4 protections under test were not broken by the attacks run."
    only = example_report()
    assert (
        headline(only.model_copy(update={"arms": only.arms[:2]}))
        == "The one protection under test is broken."
    )
    assert headline(only.model_copy(update={"arms": only.arms[:1]})) == "No protection was under test."


def test_a_pass_says_what_its_own_attackers_had() -> None:
    arm = next(arm for arm in example_report().arms if arm.name == "block-4")
    photo, person = (assumption(arm, answer) for answer in arm.answers)
    assert "leaked pairs" in photo
    assert "named photos of the same people" not in photo
    assert person.endswith("more than: named photos of the same people.")


def test_a_report_of_nothing_renders(tmp_path: Path) -> None:
    bare = example_report().model_copy(
        update={"arms": [], "curves": [], "maps": [], "claims": [], "findings": [], "not_tested": []}
    )
    text = render(bare, [], tmp_path).read_text(encoding="utf-8")
    assert "No protection was under test." in text
    assert "<svg" not in text


def test_the_heat_map_has_a_cell_for_every_attack_on_every_protection(html: str) -> None:
    report = example_report()
    heat = heat_map(report)
    assert heat is not None
    attacks = list(dict.fromkeys(leak.attack for arm in report.arms for leak in arm.leaks if leak.headline))
    assert len(heat.columns) == len(attacks)
    assert [arm.name for arm, _ in heat.rows] == [arm.name for arm in report.arms if arm.leaks]
    for arm, cells in heat.rows:
        by_attack = {leak.attack: leak for leak in arm.leaks}
        assert [cell.leak for cell in cells] == [by_attack.get(attack) for attack in attacks]
        for cell in cells:
            ran = cell.leak is not None and cell.leak.status == "ran"
            assert (cell.heat is not None) == ran
    tinted = [cell for _, cells in heat.rows for cell in cells if cell.heat is not None]
    assert re.findall(r"--heat: (\d+)%", html) == [str(cell.heat) for cell in tinted]


def test_heat_goes_from_chance_to_the_score_without_protection() -> None:
    report = example_report()
    leak = report.arms[1].leaks[0]
    assert leak.headline is not None
    chance = leak.headline.chance

    def heat_of(value: float, ceiling: float | None) -> int | None:
        headline = leak.headline and leak.headline.model_copy(update={"value": value})
        changed = leak.model_copy(update={"headline": headline, "ceiling": ceiling})
        arms = [arm.model_copy(update={"leaks": [changed, *arm.leaks[1:]]}) for arm in report.arms[:2]]
        heat = heat_map(report.model_copy(update={"arms": arms}))
        assert heat is not None
        return heat.rows[1][1][0].heat

    assert heat_of(chance, 0.5) == 0
    assert heat_of(0.0, 0.5) == 0
    assert heat_of((chance + 0.5) / 2, 0.5) == 50
    assert heat_of(0.7, 0.5) == 100
    assert heat_of(0.5, None) == round(100 * (0.5 - chance) / (1 - chance))


def test_one_protection_or_one_attack_needs_no_heat_map() -> None:
    report = example_report()
    assert heat_map(report.model_copy(update={"arms": report.arms[1:2]})) is None
    one = [arm.model_copy(update={"leaks": arm.leaks[:1]}) for arm in report.arms]
    assert heat_map(report.model_copy(update={"arms": one})) is None


def test_many_arms_render_without_cards(tmp_path: Path) -> None:
    report = example_report()
    many = report.model_copy(update={"arms": report.arms * 6})
    text = render(many, [], tmp_path).read_text(encoding="utf-8")
    assert 'class="card ' not in text
    chart = scatter(many)
    assert chart is not None
    assert len(chart.dots) == 30
    assert scatter(report.model_copy(update={"arms": report.arms[:1]})) is None


@pytest.mark.parametrize("expression", ["linkage>0.05", " linkage >= 5% ", "moments > 5e-2", "utility<0.9"])
def test_the_gate_fails_on_the_worst_protected_arm(expression: str) -> None:
    ruling = judge(example_report(), parse(expression))
    assert not ruling.passed
    assert ruling.worst is not None


def test_the_gate_passes_only_if_everything_ran() -> None:
    report = example_report()
    loose = parse("linkage>0.99")
    assert not judge(report, loose).passed  # one attack on one arm is incomplete
    assert "incomplete" in judge(report, loose).reason
    ran = report.model_copy(update={"arms": report.arms[:4]})
    assert judge(ran, loose).passed  # the unprotected arm's 100 % does not count
    assert judge(report, parse("known_pairs>0.99")).passed  # not that attack
    assert not judge(report, parse("examiner_fresh>0.99")).passed
    assert judge(report, parse("utility<0.5")).passed


def test_the_gate_does_not_pass_what_was_not_measured() -> None:
    assert not judge(example_report(), parse("jigsaw>0.5")).passed
    with pytest.raises(UsageError, match=r"Did you mean linkage\? There are: class_membership"):
        judge(example_report(), parse("linkag>0.5"))


@pytest.mark.parametrize(
    "expression",
    [
        "",
        "linkage",
        "linkage>",
        ">0.5",
        "linkage=0.5",
        "linkage>0.5;x",
        "a>b",
        "linkage>nan",
        "linkage>1" + 400 * "0",
    ],
)
def test_the_gate_refuses_what_is_no_condition(expression: str) -> None:
    with pytest.raises(UsageError, match="not a condition"):
        parse(expression)


def test_pictures_within_range_are_shown_as_they_are() -> None:
    image = torch.arange(256, dtype=torch.uint8).reshape(1, 16, 16)
    assert embed("original", (image,)).note == ""
    wild = torch.randn(3, 16, 16) * 300
    wild[0, 0, 0] = 1e6
    row = embed("disguised", (wild, wild[:1].expand(3, -1, -1)))
    assert "1000000" in row.note
    assert len(row.images) == 2
    assert PictureGrid.of("x", {"original": torch.zeros(3, 1, 4, 4)}).rows[0][0] == "original"


def test_features_are_no_pictures_even_where_their_values_are_those_of_dark_ones() -> None:
    features = torch.linspace(0, 5, 64).reshape(1, 1, 8, 8).repeat(2, 16, 1, 1)
    row = embed("disguised", tuple(features))
    assert row.note == "first of 16 maps, values 0 to 5, drawn from 0 to 5"
    file = io.BytesIO(base64.b64decode(row.images[0].removeprefix("data:image/png;base64,")))
    assert Image.open(file).getextrema() == (0, 255)


def test_numbers_as_text() -> None:
    assert amount("attributes_measured", 40.0) == "40"
    assert percent(2.2e-12) == "<\u202f0.01\u00a0%"
    texts = [percent(x) for x in (0, 0.0025, 0.05, 0.9999, 1)]
    assert texts == ["0\u00a0%", "0.25\u00a0%", "5.0\u00a0%", ">\u202f99.9\u00a0%", "100\u00a0%"]
    assert [duration(x) for x in (0.42, 75, 200, 7500)] == [
        "0.4\u00a0s",
        "75\u00a0s",
        "3\u00a0min 20\u00a0s",
        "2\u00a0h 5\u00a0min",
    ]
    assert amount("psnr", 24.04) == "24.0\u00a0dB"


@pytest.mark.parametrize("metric", [*METRICS, "something_new"])
def test_every_metric_has_a_sentence(metric: str) -> None:
    measured = example_report().arms[1].utility
    assert measured is not None
    sentence = meaning(measured.model_copy(update={"metric": metric}))
    assert sentence.endswith(".")
    assert "{" not in sentence


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6))
def test_axes_have_a_few_round_ticks_in_place(low: float, span: float) -> None:
    axis = around([low, low + span], 0, 100)
    ticks = axis.ticks()
    assert 2 <= len(ticks) <= 9
    assert all(0 <= tick.at <= 100 for tick in ticks)
    assert [tick.at for tick in ticks] == sorted(tick.at for tick in ticks)


@given(st.floats(1e-3, 1e5), st.floats(1.0, 1e6))
def test_log_axes(low: float, ratio: float) -> None:
    axis = around([low, low * ratio], 0, 100, log=True)
    assert all(0 <= tick.at <= 100 for tick in axis.ticks())
    assert axis.place(low) <= axis.place(low * ratio)


def test_axes_of_shares_stay_within_zero_and_one() -> None:
    assert of_shares([0.1, 0.9], 0, 1) == Axis(0, 1, 0, 1)
    narrow = of_shares([0.93, 0.97], 0, 1)
    assert 0.9 <= narrow.low <= 0.93
    assert 0.97 <= narrow.high <= 1
