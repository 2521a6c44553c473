"""Documents that cannot lie: their commands run, their numbers are the reports', their links lead somewhere."""

import re
import runpy
from pathlib import Path

import pytest
import typer
from committed import report as committed_report

from masquerade.audit.studies.study_file import load_study
from masquerade.cli.app import app, run
from masquerade.cli.studies import demo_study, shipped_studies
from places import ROOT

PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "SECURITY.md",
    *sorted((ROOT / "docs").rglob("*.md")),
]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PROMPT = re.compile(r"^\$ masquerade (.*)$", re.MULTILINE)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_every_command_and_study_that_is_named_exists(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    names = {command.name for command in typer.main.get_command(app).commands.values()}  # type: ignore[attr-defined]
    for name in re.findall(r"(?:^\$ |`|^ {4})masquerade ([a-z]+)\b", text, re.MULTILINE):
        assert name in names, f"{path.name} names `masquerade {name}`"
    for study in re.findall(r"masquerade study run ([a-z]\w+) ", text):
        load_study(shipped_studies()[study])
    assert not re.search(r"studies/\w+\.toml", text), "studies are called by name"


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_links_lead_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", path.read_text(encoding="utf-8")):
        assert (path.parent / target).exists(), f"{path.name} links to {target}"


def test_the_lists_of_the_readme_run(capsys: pytest.CaptureFixture[str]) -> None:
    for kind in ("recipes", "attacks", "metrics", "networks", "studies"):
        assert run(["list", kind]) == 0
        assert capsys.readouterr().out.count("\n") >= 1


def test_make_targets_of_the_documents_exist() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for path in PAGES:
        text = path.read_text(encoding="utf-8")
        for target in re.findall(r"(?:^\$ |`|^ {4})make ([a-z]+)\b", text, re.MULTILINE):
            assert re.search(rf"^{target}:", makefile, re.MULTILINE), f"{path.name} says make {target}"


def test_results_page_and_guides_are_what_the_reports_say() -> None:
    script = runpy.run_path(str(ROOT / "studies" / "results_page.py"))
    assert script["PAGE"].read_text(encoding="utf-8") == script["page"]()
    for mark in script["HEADLINES"]:
        assert script["guide"](mark) == script["guide_of"](mark).read_text(encoding="utf-8")
    assert script["GENERIC"].read_text(encoding="utf-8") == script["generic_attacks"]()


@pytest.mark.parametrize(
    "path", sorted((ROOT / "studies" / "results").glob("*.json")), ids=lambda path: path.stem
)
def test_committed_reports_are_of_studies_here_and_name_nobody(path: Path) -> None:
    report = committed_report(path.stem)
    study = load_study(shipped_studies()[path.stem])
    assert report.study == study.name
    assert {arm.name for arm in report.arms} <= {arm.name for arm in study.arms}
    assert not re.search(r"[A-Z][a-z]+_[A-Z][a-z]+", path.read_text(encoding="utf-8"))


def test_the_demo_study_is_small_enough_to_run() -> None:
    assert load_study(demo_study()).at("quick").seeds == [0]
