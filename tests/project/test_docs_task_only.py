"""The guide on sending answers runs as it stands there, and its numbers are the script's."""

import json
import re
import shlex
from pathlib import Path

import numpy as np
import pytest
import score_task_only
from PIL import Image

from masquerade.cli.app import run
from masquerade.data import builtin
from masquerade.released import ReleasedDataset, verify
from places import ROOT

GUIDE = (ROOT / "docs" / "guide" / "task-only.md").read_text(encoding="utf-8")
SMALL = {"encoder": "--epochs 1 --size 16 --width 2", "train": "--preset laptop-mlp"}


def commands() -> list[list[str]]:
    return [
        shlex.split(line) for line in re.findall(r"^ {4}masquerade (.*?)(?: +#.*)?$", GUIDE, re.MULTILINE)
    ]


@pytest.fixture
def faces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two people's photos to be protected, and the public photos of four others with attributes."""
    monkeypatch.chdir(tmp_path)
    builtin.write_folders(tmp_path / "all")
    for number, person in enumerate(sorted((tmp_path / "all").iterdir())[:6]):
        room = tmp_path / ("PUBLIC" if number < 4 else "PHOTOS") / person.name
        room.mkdir(parents=True)
        for photo in sorted(person.iterdir()):
            photo.rename(room / photo.name)
    public = sorted((tmp_path / "PUBLIC").rglob("*.*"))
    rows = [f"{path.relative_to(tmp_path / 'PUBLIC')},{n % 2},{n // 2 % 2}" for n, path in enumerate(public)]
    (tmp_path / "ATTRIBUTES.csv").write_text("\n".join(["file,Smiling,Young", *rows]) + "\n")
    return tmp_path


def test_the_commands_of_the_guide_run(faces: Path) -> None:
    for command in commands():
        small = SMALL.get(command[0], "") if command[1] not in ("answers", "bank", "edge") else ""
        assert run([*command, *shlex.split(small)]) == 0, command
    for name, shape in (("RELEASED", (4, 1, 1)), ("NOISY", (2, 1, 1)), ("MEANS", (32, 16, 16))):
        assert verify(faces / name) == []
        assert tuple(ReleasedDataset(faces / name)[0][0].shape) == shape


def test_the_python_of_the_guide_runs(faces: Path) -> None:
    assert run(["key", "new", "owner.key"]) == 0
    assert run(["encoder", "edge", "-o", "EDGE"]) == 0
    people = sorted((faces / "PHOTOS").iterdir())
    photos = [Image.open(path).convert("RGB").resize((64, 64)) for path in sorted(people[0].iterdir())]
    scope: dict[str, object] = {"photos": np.stack([np.asarray(photo) for photo in photos])}
    for block in re.findall(r"```python\n(.*?)```", GUIDE, re.DOTALL):
        exec(compile(block, "guide", "exec"), scope)  # noqa: S102 - it is our own page
    assert np.asarray(scope["codes"]).shape == (10, 1, 1, 4)
    assert tuple(scope["logits"].shape) == (10, 40)  # type: ignore[attr-defined]
    assert np.asarray(scope["levels"]).max() <= 15


def test_the_table_of_the_guide_is_the_scripts() -> None:
    for name, text in (("table", score_task_only.table()), ("more", score_task_only.more())):
        found = re.search(rf"<!-- {name} -->\n(.*?)<!-- /{name} -->", GUIDE, re.DOTALL)
        assert found is not None
        assert found[1] == text


def test_numbers_of_the_text_are_in_the_results() -> None:
    results = json.loads(score_task_only.FILE.read_text(encoding="utf-8"))
    told = GUIDE.split("<!-- /table -->")[1]
    for name, (value, low, high) in results["celeba"]["differences"].items():
        one, other = name.split(" - ")
        assert f"| {one} | {other} | {value:.1f} [{low:.1f}, {high:.1f}] |" in told
