"""The examples of the guide to other libraries run in order, and no secret is in what they pickle."""

import pickle
import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from masquerade.cli.app import run
from masquerade.data import builtin
from masquerade.keys import Key
from places import ROOT

GUIDE = ROOT / "docs" / "guide" / "adapters.md"
SECRET = bytes(range(32))


@pytest.fixture
def prepared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A key, what was released under it of two people, and a MaskNet."""
    monkeypatch.chdir(tmp_path)
    Key.from_secret(SECRET).save(tmp_path / "owner.key")
    builtin.write_folders(tmp_path / "all")
    for person in ("s01", "s02"):
        shutil.copytree(tmp_path / "all" / person, tmp_path / "photos" / person)
    commands = [
        "disguise photos -k owner.key -o released --recipe blocks-noise --faces as-is --accept-broken",
        "masknet new -k owner.key -o user.masknet",
    ]
    for command in commands:
        assert run(command.split()) == 0, command
    return tmp_path


def test_the_examples_run(prepared: Path, capsys: pytest.CaptureFixture[str]) -> None:
    examples = re.findall(r"```python\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    assert len(examples) == 5
    known: dict[str, Any] = {}
    for example in examples:
        exec(compile(example, GUIDE.name, "exec"), known)  # noqa: S102 - of our own documents
    said = capsys.readouterr().out
    assert "torch.Size([4, 3, 32, 32])" in said
    assert "\nTrue\n" in said
    for name in ("disguise", "step", "pipeline"):
        assert SECRET not in pickle.dumps(known[name])
        assert SECRET.hex().encode() not in pickle.dumps(known[name])
    images = np.concatenate([np.load(part)["images"] for part in known["parts"]])
    assert np.array_equal(images, known["released"].to_arrays()[0])
    assert len(known["files"]) == len(known["released"]) == 20
    for network in ("model.safetensors", "user.masknet", "vit-small@1", "split-1"):
        assert (prepared / f"{network}.onnx").stat().st_size > 0


def test_the_commands_of_the_guide_run(prepared: Path) -> None:
    forms = re.search(r"export RELEASED --to ([a-z|]+) -o DIR", GUIDE.read_text("utf-8"))
    assert forms
    for form in forms[1].split("|"):
        assert run(["export", "released", "--to", form, "-o", form]) == 0
        assert any((prepared / form).iterdir())
    assert run(["export", "vit-small@1", "--to", "onnx", "-o", "network"]) == 0
    assert [path.name for path in (prepared / "network").iterdir()] == ["model.onnx"]
