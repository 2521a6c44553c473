"""The commands and examples of the guide to audits of anybody's protection run, in order."""

import re
import shlex
import sys
from pathlib import Path

import numpy as np
import pytest
import yaml
from PIL import Image

from masquerade.api.pair_sections import sections
from masquerade.audit.studies.study import AttackSpec
from masquerade.cli.app import run
from masquerade.data import builtin
from places import ROOT

GUIDE = ROOT / "docs" / "guide" / "audit-your-own.md"
PEOPLE, EACH, SIDE = 6, 4, 48

TOOL = """
import sys
from PIL import Image, ImageFilter
Image.open(sys.argv[1]).filter(ImageFilter.GaussianBlur(2)).save(sys.argv[3])
"""


def fastest(**said: object) -> list[AttackSpec]:
    return [spec for spec in sections(**said) if spec.name != "learned_restoration"]  # type: ignore[arg-type]


@pytest.fixture
def prepared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, object]:
    """Small photos of six people, and the same in large squares; of all attacks, those that train nothing."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("masquerade.api.audit_pairs.sections", fastest)
    monkeypatch.setattr("masquerade.audit.studies.study.generic_part", lambda *_: ([], []))
    (tmp_path / "blur.py").write_text(TOOL)
    faces = builtin.orl(SIDE, SIDE)
    rows = [
        int(row) for person in range(PEOPLE) for row in (faces.labels == person).nonzero().flatten()[:EACH]
    ]
    photos = [faces.images[row].expand(3, -1, -1).permute(1, 2, 0).numpy() for row in rows]
    made = []
    for number, photo in enumerate(photos):
        picture = Image.fromarray(photo).resize((16, 16), Image.Resampling.BOX).resize((SIDE, SIDE))
        made.append(np.asarray(picture))
        for side, pixels in (("photos", photo), ("blurred", made[-1])):
            file = tmp_path / side / f"p{number // EACH}" / f"{number % EACH}.png"
            file.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(pixels).save(file)
    return {
        "X": np.stack(photos),
        "y": [number // EACH for number in range(len(photos))],
        "blurred": np.stack(made),
    }


def test_the_commands_and_examples_run(
    prepared: dict[str, object], capsys: pytest.CaptureFixture[str]
) -> None:
    guide = GUIDE.read_text(encoding="utf-8")
    commands = re.findall(r"^    masquerade (audit photos .*)$", guide, re.MULTILINE)
    assert len(commands) == 3
    assert run(commands[0].split()) == 0
    assert "24 pairs of photo and picture, found by path" in capsys.readouterr().err
    page = Path("report/report.html").read_text(encoding="utf-8")
    assert "against photos protected alike" in page
    assert "data:image" not in page
    assert run(shlex.split(commands[1].replace("python ", f"{sys.executable} {Path.cwd()}/"))) == 0
    assert "24 pairs of photo and picture, found by command" in capsys.readouterr().err
    assert run(shlex.split(commands[2])) in (0, 3)
    pages = re.findall(r"^    masquerade (study page .*)$", guide, re.MULTILINE)
    assert [run(line.split()) for line in pages] == [0, 0]
    assert "What changed since" in Path("since-then/report.html").read_text(encoding="utf-8")
    examples = re.findall(r"```python\n(.*?)```", guide, re.DOTALL)
    assert examples
    known = dict(prepared)
    for example in examples:
        exec(compile(example, GUIDE.name, "exec"), known)  # noqa: S102 - of our own documents
    assert "24 path []" in capsys.readouterr().out


def test_the_workflow_audits_and_fails_and_leaves_its_report(prepared: dict[str, object]) -> None:
    """Its commands in order, and the files that its later steps take."""
    assert prepared
    (text,) = re.findall(r"```yaml\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    workflow = yaml.safe_load(text)
    (job,) = workflow["jobs"].values()
    steps = job["steps"]
    (audit,) = [step["run"] for step in steps if step.get("run", "").startswith("masquerade ")]
    assert run(shlex.split(audit)[1:]) == 3  # squares of a face of 48 pixels name more than one in five
    (shown,) = [step["run"] for step in steps if step.get("run", "").startswith("cat ")]
    assert Path(shlex.split(shown)[1]).read_text(encoding="utf-8").count("FAILED") == 0
    (kept,) = [step["with"]["path"] for step in steps if "upload-artifact" in step.get("uses", "")]
    assert {path.name for path in Path(kept).iterdir()} == {
        "report.html",
        "report.md",
        "report.json",
        "summary.json",
    }
    names = [step.get("run") for step in steps]
    assert all("cancelled" in step["if"] for step in steps[names.index(audit) + 1 :])
