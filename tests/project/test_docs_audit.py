"""The examples of the guide to audits from Python run, from the first to the last."""

import re
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

import masquerade as mq
from masquerade.audit.studies.study import ArmSpec, AttackSpec
from masquerade.cli.app import run
from masquerade.data import builtin
from places import ROOT

GUIDE = ROOT / "docs" / "guide" / "python-audit.md"
PEOPLE = 6


@pytest.fixture
def prepared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, object]:
    """Photos of six people, what was released of them and a model; of all attacks, the fastest alone."""
    monkeypatch.chdir(tmp_path)
    builtin.write_folders(tmp_path / "all")
    for person in sorted((tmp_path / "all").iterdir())[:PEOPLE]:
        shutil.copytree(person, tmp_path / "photos" / person.name)
    for command in (
        "key new owner.key",
        "disguise photos -o released --key owner.key --accept-broken --faces as-is",
    ):
        assert run(command.split()) == 0, command
    mq.train(mq.ReleasedDataset("released"), epochs=1).save("model.safetensors")

    def fastest(arms: Sequence[ArmSpec], *_: object) -> tuple[list[AttackSpec], list[ArmSpec]]:
        return [AttackSpec(name="gram_fingerprint", metric="linkage")], list(arms)

    monkeypatch.setattr("masquerade.api.auditing.attacks_for", fastest)
    monkeypatch.setattr("masquerade.audit.studies.study.generic_part", lambda *_: ([], []))
    faces = builtin.orl(32, 32)
    rows = faces.labels < PEOPLE
    return {"X": faces.images[rows].numpy(), "y": faces.labels[rows].numpy()}


def test_the_examples_run(prepared: dict[str, object], capsys: pytest.CaptureFixture[str]) -> None:
    examples = re.findall(r"```python\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    assert len(examples) >= 3
    known = dict(prepared)
    for example in examples:
        exec(compile(example, GUIDE.name, "exec"), known)  # noqa: S102 - of our own documents
    told = capsys.readouterr().out
    assert "Audit of 40 images of 4 people, profile quick" in told
    assert "Audit of 60 images of 6 people, profile quick" in told
    assert Path("report.html").read_text(encoding="utf-8").count("blocks-noise") > 1
