"""The guide's examples of a protection and an attack of one's own keep to the contract, and studies name them."""

import importlib
import re
import sys
import tomllib
from pathlib import Path

import pytest

from masquerade.attacks import attack_named
from masquerade.disguises import from_description
from places import ROOT

GUIDE = ROOT / "docs" / "guide" / "extending.md"
FILES = ("signs.py", "sizes.py")


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The guide's two files, and what pip would leave of its entry points."""
    text = GUIDE.read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    for name, block in zip(FILES, blocks, strict=False):
        (tmp_path / name).write_text(block)
    said = tomllib.loads(re.findall(r"```toml\n(.*?)```", text, re.DOTALL)[0])["project"]["entry-points"]
    facts = tmp_path / "guide-1.0.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: guide\nVersion: 1.0\n")
    lines = [
        f"[{group}]\n" + "".join(f"{k} = {v}\n" for k, v in points.items()) for group, points in said.items()
    ]
    (facts / "entry_points.txt").write_text("\n".join(lines))
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "checks.py").write_text("from signs import Signs\nfrom sizes import Sizes\n\n" + blocks[2])
    return tmp_path


def test_the_examples_keep_to_the_contract_and_are_found(written: Path) -> None:
    for name in ("signs", "sizes", "checks"):
        sys.modules.pop(name, None)
    importlib.import_module("checks")
    assert type(from_description({"kind": "Signs"})).__module__ == "signs"
    assert type(attack_named("sizes", {})).__module__ == "sizes"
    for name in ("signs", "sizes", "checks"):
        sys.modules.pop(name)
