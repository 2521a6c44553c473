"""The examples of the guide to the Python API run, from the first to the last."""

import re
import shutil
from pathlib import Path

import pytest

from masquerade.cli.app import run
from masquerade.data import builtin
from photo_examples import scene
from places import ROOT

GUIDE = ROOT / "docs" / "guide" / "python-train.md"


@pytest.fixture
def prepared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Photos of three people, what was released of them, a MaskNet, and a photo to be posted."""
    monkeypatch.chdir(tmp_path)
    builtin.write_folders(tmp_path / "all")
    for person in ("s01", "s02", "s03"):
        shutil.copytree(tmp_path / "all" / person, tmp_path / "photos" / person)
    scene([(60, 30, 120)], (300, 200)).save(tmp_path / "holiday.png")
    commands = [
        "key new owner.key",
        "psp issue --key owner.key -o user.masknet",
    ]
    for command in commands:
        assert run(command.split()) == 0, command
    return tmp_path


def test_the_examples_run(prepared: Path, capsys: pytest.CaptureFixture[str]) -> None:
    examples = re.findall(r"```python\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    assert len(examples) >= 4
    known: dict[str, object] = {}
    for example in examples:
        exec(compile(example, GUIDE.name, "exec"), known)  # noqa: S102 - of our own documents
    assert "Do not rely on it" in capsys.readouterr().out
    assert run(["identify", "model.safetensors", "photos/s01", "--key", "owner.key", "--closed-set"]) == 0
    assert (prepared / "posted.png").exists()
