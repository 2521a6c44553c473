"""The commands of Crafter's guide run as they stand there, but for options that make them small."""

import re
import shlex
from pathlib import Path

import pytest

from masquerade.cli.app import run
from masquerade.data import builtin
from masquerade.released import verify
from places import ROOT

GUIDE = ROOT / "docs" / "guide" / "crafter.md"
SMALL = {
    "generator": "--side 16 --latents 4 --width 4 --steps 2 --batch 8",
    "encoder": "--side 16 --width 2 --epochs 1",
    "craft": "--iterations 1 --batch 4",
    "train": "--preset laptop-small-cnn",
}


def commands() -> list[list[str]]:
    found = re.findall(r"^ {4}masquerade (.*?)(?: +#.*)?$", GUIDE.read_text(encoding="utf-8"), re.MULTILINE)
    return [shlex.split(line) for line in found]


@pytest.fixture
def faces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two people's photos to be protected, and the public photos of seven others with attributes."""
    monkeypatch.chdir(tmp_path)
    builtin.write_folders(tmp_path / "all")
    people = sorted((tmp_path / "all").iterdir())
    (tmp_path / "PUBLIC").mkdir()
    for person in people[:7]:
        person.rename(tmp_path / "PUBLIC" / person.name)
    for person in people[7:9]:
        (tmp_path / "PHOTOS" / person.name).mkdir(parents=True)
        for photo in sorted(person.iterdir())[:2]:
            photo.rename(tmp_path / "PHOTOS" / person.name / photo.name)
    public = sorted((tmp_path / "PUBLIC").rglob("*.*"))
    rows = [f"{path.relative_to(tmp_path / 'PUBLIC')},{n % 2},{n // 2 % 2}" for n, path in enumerate(public)]
    (tmp_path / "ATTRIBUTES.csv").write_text("\n".join(["file,Smiling,Young", *rows]) + "\n")
    return tmp_path


def test_the_commands_of_the_guide_run(faces: Path) -> None:
    names = [command[0] for command in commands()]
    assert names == ["key", "craft", "verify", "train", "generator", "encoder", "craft", "craft"]
    for command in commands():
        small = "--batch 4" if "--amortised" in command else SMALL.get(command[0], "")
        assert run([*command, *shlex.split(small)]) == 0, command
    assert (faces / "MODEL").is_file()
    assert verify(faces / "CRAFTED") == []
    assert verify(faces / "QUICK") == []
