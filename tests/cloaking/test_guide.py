"""The guide on the cloak without a key: its numbers are those of the study, and its commands run."""

import json
import re
import shlex
from pathlib import Path

import cloak_page
import pytest
import verdicts
from PIL import Image

from masquerade.cli.app import run
from masquerade.cloaking.check import THRESHOLDS
from masquerade.cloaking.methods import LOOKS, SURROGATES
from masquerade.cloaking.worth import TRANSFERABLE, worth
from masquerade.data import builtin
from places import ROOT

GUIDE = ROOT / "docs" / "guide" / "cloak.md"


def test_its_numbers_are_those_of_the_study() -> None:
    text = GUIDE.read_text("utf-8")
    assert cloak_page.page(text) == text, "run studies/cloak_page.py"


def test_what_the_command_says_is_of_the_study_too() -> None:
    assert TRANSFERABLE.read_text("utf-8") == verdicts.transferable(), "run studies/verdicts.py"
    assert THRESHOLDS.read_text("utf-8") == verdicts.thresholds(), "run studies/verdicts.py"
    for look in LOOKS:
        assert "Do not rely on it" in str(worth("transferable", look))
        assert "60 people among 158" in str(worth("transferable", look))


def test_the_study_keeps_the_budgets_it_states_and_names_judges_outside() -> None:
    arms = cloak_page.measured()["arms"]
    for arm, look in (("shipped", "natural"), ("shipped, visible", "visible")):
        assert arms[arm]["ssim_worst"] >= LOOKS[look].similarity
        assert arms[arm]["colour_95_worst"] <= LOOKS[look].colour
        assert not set(arms[arm]["outside"]) & set(SURROGATES)
        assert len(arms[arm]["outside"]) >= 4
    clean = arms["none"]["judges"]
    assert all(clean[name]["rank1"] > 0.8 for name in cloak_page.good(cloak_page.measured()))


def test_its_commands_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("PHOTOS").mkdir()
    Image.fromarray(builtin.orl(224, 224).images[0, 0].numpy()).save("PHOTOS/a.png")
    commands = re.findall(r"^ {4}masquerade (.*?)(?: +#.*)?$", GUIDE.read_text("utf-8"), re.MULTILINE)
    assert len(commands) == 4
    for number, command in enumerate(commands):
        words = [f"OUT{number}" if word == "OUT" else word for word in shlex.split(command)]
        assert run([*words, "--json"]) == 0
        printed = capsys.readouterr()
        answer = json.loads(printed.out)
        assert answer["cloaked"] == 1
        assert ("--check" in words) == (answer["seen"] is not None)
        assert ("not covered" if "--instead" in words else "Do not rely on it") in printed.err


def test_what_recognisers_see_stands_line_by_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Image.fromarray(builtin.orl(224, 224).images[0, 0].numpy()).save("a.png")
    assert run(["cloak", "a.png", "-o", "out", "--instead", "box", "--check"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("cloaked 1 of 1")
    assert [line.split()[0] for line in lines[1:3]] == ["sface", "dlib-torch"]


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["--instead", "box", "-m", "me.masknet"], "covering a face has no use"),
        (["--instead", "box", "--against", "sface"], "no use for: sface"),
        (["--method", "one-pass", "-m", "me.masknet", "--against", "sface"], "no use for: sface"),
    ],
)
def test_what_would_be_passed_over_is_refused(
    words: list[str],
    problem: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["key", "new", "my.key"]) == 0
    assert run(["masknet", "new", "--key", "my.key", "-o", "me.masknet"]) == 0
    Path("photos").mkdir()
    assert run(["cloak", "photos", "-o", "out", *words]) == 1
    assert problem in capsys.readouterr().err
    assert not Path("out").exists()
