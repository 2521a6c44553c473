"""``masquerade study run`` as a whole: counted, judged before it is drawn, and going on after a stop."""

import re
from pathlib import Path

import pytest

from masquerade.attacks.blocks.gram_fingerprint import GramFingerprint
from masquerade.audit.runner import Audit
from masquerade.audit.studies.study_file import load_study
from masquerade.cli.app import run
from masquerade.cli.commands import audit_reports
from masquerade.cli.commands.audit_reports import UNFINISHED
from masquerade.cli.studies import shipped_studies
from masquerade.report import page as page_module

STUDY = """
name = "own"
title = "Own"
source = "a test"
generic = false
without_generic = "a test"
[data]
source = "orl"
height = 32
width = 32
mode = "L"
classes = 20
[[arms]]
name = "unprotected"
recipe = "none"
[[arms]]
name = "rows"
title = "Rows"
recipe = "control-rows4"
[[attacks]]
name = "gram_fingerprint"
metric = "linkage"
[[figures]]
title = "All the same"
x_label = "x"
y = "gram_fingerprint"
points = [{ series = "s", x = 1, arm = "unprotected" }, { series = "s", x = 1, arm = "rows" }]
"""
COMMAND = ["study", "run", "own.toml", "-o", "report"]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(audit_reports, "pieces_folder", lambda _: None)  # as of one's own photos
    Path("own.toml").write_text(STUDY)


def test_an_audit_counts_its_steps_and_says_how_it_was_judged(capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*COMMAND, "--fail-if", "linkage>5%", "--fail-if", "utility<0.5"]) == 3
    out, err = capsys.readouterr()
    assert out.strip() == "report/report.html"
    steps = re.findall(r"^\[(\d+)/(\d+)(.*)\] ", err, re.MULTILINE)
    assert [int(step[0]) for step in steps] == list(range(1, len(steps) + 1))
    assert {int(step[1]) for step in steps} == {len(steps)}
    assert steps[-1][2] == ", less than a minute left"
    told = r"^FAILED linkage <= 5\.0 %: [\d.]+ % by gram fingerprint under Rows\. For [\d.]+ % of the"
    assert re.search(told, err, re.MULTILINE)
    assert "FAILED utility >= 50.0 %: not known" in err
    assert not Path("report", UNFINISHED).exists()


def test_a_condition_that_is_met_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*COMMAND, "--fail-if", "linkage<5%"]) == 0
    assert "passed linkage >= 5.0" in capsys.readouterr().err


def test_a_condition_on_nothing_is_refused_before_anything_runs(capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*COMMAND, "--fail-if", "linkag>5%"]) == 1
    err = capsys.readouterr().err
    assert "Did you mean linkage?" in err
    assert "[1/" not in err


def test_what_was_finished_before_a_stop_is_not_done_again(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Stopped(BaseException):
        pass

    def stop(*_: object) -> None:
        raise Stopped

    with monkeypatch.context() as patched:
        patched.setattr(Audit, "_fano", stop)
        with pytest.raises(Stopped):
            run(COMMAND)
    capsys.readouterr()
    assert run(COMMAND) == 0
    err = capsys.readouterr().err
    assert "resuming: " in err
    assert "gram_fingerprint" not in err
    assert not Path("report", UNFINISHED).exists()


def test_what_others_keep_beside_finished_pieces_stays(capsys: pytest.CaptureFixture[str]) -> None:
    mine = Path("report", UNFINISHED, "letter.json")
    mine.parent.mkdir(parents=True)
    mine.write_text("{}")
    assert run(COMMAND) == 0
    assert [path.name for path in mine.parent.iterdir()] == ["letter.json"]


def test_a_page_that_cannot_be_drawn_leaves_numbers_and_judgement(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise ValueError("no such chart")

    monkeypatch.setattr(page_module.curves, "figures", fail)
    assert run([*COMMAND, "--fail-if", "linkage>0.05"]) == 3
    assert "FAILED linkage" in capsys.readouterr().err
    assert "no such chart" in Path("report/report.html").read_text("utf-8")
    assert Path("report/report.json").exists()


def test_a_dry_run_tells_sizes_and_runs_nothing(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(GramFingerprint, "run", None)
    assert run([*COMMAND, "--dry-run"]) == 0
    err = capsys.readouterr().err
    for words in ("20 people", "1 x 32 x 32", "2 arms, 1 attacks", "steps      3", "not known"):
        assert words in err, words
    assert not Path("report").exists()


def test_a_study_is_called_by_its_name(capsys: pytest.CaptureFixture[str]) -> None:
    Path("demo").mkdir()  # a folder of the same name, such as that of its report
    assert run(["study", "run", "demo", "-o", "report", "--dry-run"]) == 0
    assert run(["study", "run", "dmeo", "-o", "report"]) == 1
    assert "Did you mean demo?" in capsys.readouterr().err


@pytest.mark.parametrize("name", shipped_studies())
def test_every_study_has_a_quick_profile(name: str) -> None:
    assert load_study(shipped_studies()[name]).at("quick").arms
