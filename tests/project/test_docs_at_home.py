"""The guide on recognition at home runs as it stands there."""

import re
import shlex
from pathlib import Path

import pytest

from masquerade.cli.app import run
from masquerade.data import builtin
from places import ROOT

GUIDE = (ROOT / "docs" / "guide" / "at-home.md").read_text(encoding="utf-8")
WHICH = (ROOT / "docs" / "guide" / "which-one.md").read_text(encoding="utf-8")


def commands(text: str) -> list[list[str]]:
    return [shlex.split(line) for line in re.findall(r"^ {4}masquerade (.*)$", text, re.MULTILINE)]


def test_the_commands_of_the_guide_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    builtin.write_folders(tmp_path / "all")
    for person in sorted((tmp_path / "all").iterdir())[:4]:
        for room in ("FRIENDS", "PHOTOS"):
            (tmp_path / room / person.name).mkdir(parents=True)
        for number, photo in enumerate(sorted(person.iterdir())[:3]):
            (tmp_path / "PHOTOS" / person.name / photo.name).write_bytes(photo.read_bytes())
            if number < 2:
                (tmp_path / "FRIENDS" / person.name / photo.name).write_bytes(photo.read_bytes())
    (tmp_path / "VISITORS").mkdir()
    (tmp_path / "all" / "s02" / "09.png").rename(tmp_path / "VISITORS" / "09.png")
    names = [command[0] for command in commands(GUIDE)]
    assert names == ["recogniser", "identify", "enrol", "identify", "recogniser"]
    for command in commands(GUIDE):
        more = ["--faces", "as-is"] if command[0] == "recogniser" else []
        if command[-1] == "PHOTOS":
            assert command[:2] == ["recogniser", "fit"]
        assert run([*command, *more]) == 0, command
        if command[0] == "identify":
            assert capsys.readouterr().out.splitlines()[-1].startswith("VISITORS/09.png,s02,")


def test_advice_is_given_without_questions() -> None:
    (with_options,) = (command for command in commands(WHICH) if len(command) > 1)
    assert run(with_options) == 0
