"""The reference says what the docstrings say, of every public name; the guide's and the README's examples run."""

import re
import runpy
from pathlib import Path

import numpy as np
import pytest

import masquerade as mq
from places import ROOT

GUIDE = ROOT / "docs" / "guide" / "python-protect.md"
README = ROOT / "README.md"


def examples(page: Path) -> list[str]:
    return re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)


def test_the_guides_examples_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    known: dict[str, object] = {}
    assert len(examples(GUIDE)) >= 7
    for example in examples(GUIDE):
        exec(compile(example, GUIDE.name, "exec"), known)  # noqa: S102 - of our own documents
    told = capsys.readouterr().out
    assert "could be of either: shape (8, 32, 32, 3), float32, 0 to 1" in told
    assert "Did you mean blocks-noise?" in told


def test_the_readmes_example_is_short_and_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (example,) = examples(README)
    assert len(example.splitlines()) <= 8
    rng, y = np.random.default_rng(0), np.arange(16) % 2
    X = rng.integers(0, 256, (16, 32, 32, 3)).astype(np.uint8)
    exec(compile(example, README.name, "exec"), {"X": X, "y": y, "X_new": X[:2]})  # noqa: S102 - as above


def test_the_reference_says_what_the_docstrings_say() -> None:
    build = runpy.run_path(str(ROOT / "docs" / "reference" / "build.py"))
    assert build["PAGE"].read_text(encoding="utf-8") == build["page"](), "run python docs/reference/build.py"


@pytest.mark.parametrize("name", sorted(set(mq.__all__) - {"__version__"}))
def test_every_public_name_is_in_the_reference(name: str) -> None:
    page = (ROOT / "docs" / "reference" / "api.md").read_text(encoding="utf-8")
    entry = page.partition(f"\n## {name}\n")[2].partition("\n## ")[0]
    assert f"mq.{name}" in entry or name in mq._MODULES
    assert len(entry.split()) > 8


@pytest.mark.parametrize("name", sorted(set(mq._WHERE)))
def test_public_names_come_from_modules_that_are_public(name: str) -> None:
    assert not any(part.startswith("_") for part in mq._WHERE[name].split("."))
    assert not name.startswith("_")
