"""Somebody else's package, installed by pip: its protection and its attack run through commands, audit and report."""

import json
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from masquerade.cli.app import run
from masquerade.data import builtin
from masquerade.errors import MasqueradeError
from masquerade.released import Manifest
from places import ROOT, TESTS

TUTORIALS = ROOT / "docs" / "tutorials"
THIRD_PARTY = TESTS / "third_party"


def commands_of(page: str) -> list[list[str]]:
    text = (TUTORIALS / page).read_text(encoding="utf-8")
    blocks = re.findall(r"```console\n(.*?)```", text, re.DOTALL)
    return [
        shlex.split(line.removeprefix("$ masquerade ")) for block in blocks for line in block.splitlines()
    ]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of packages with the third party's in it, as pip installs it."""
    folder = tmp_path_factory.mktemp("installed")
    source = shutil.copytree(TESTS / "third_party", folder / "source")
    pip = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--no-build-isolation",
        "--no-index",
    ]
    subprocess.run([*pip, "--target", folder / "site", source], check=True)
    return folder / "site"


@pytest.fixture
def installed(site: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.syspath_prepend(site)
    yield
    for name in ("row_shuffle", "row_sums"):
        sys.modules.pop(name, None)


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize(("kind", "name"), [("recipes", "RowShuffle"), ("attacks", "row_sums")])
def test_lists_name_what_is_installed_and_from_where(
    kind: str, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["list", kind]) == 0
    assert capsys.readouterr().out.splitlines()[-1].split() == [name, "from", "elsewhere:", "row-shuffle"]


@pytest.mark.parametrize("page", ["a-protection.md", "an-attack.md"])
def test_the_tutorial_shows_the_files_as_they_are(page: str) -> None:
    text = (TUTORIALS / page).read_text(encoding="utf-8")
    shown = re.findall(r"^`([\w.]+)`:\n\n```\w+\n(.*?)```", text, re.DOTALL | re.MULTILINE)
    assert len(shown) == 2
    for name, block in shown:
        assert (THIRD_PARTY / name).read_text(encoding="utf-8") == block, name


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize("page", ["a-protection.md", "an-attack.md"])
def test_both_keep_to_the_contract_as_the_tutorial_says(page: str) -> None:
    text = (TUTORIALS / page).read_text(encoding="utf-8")
    (checks,) = re.findall(r"```python\n(from masquerade\.testing .*?)```", text, re.DOTALL)
    exec(compile(checks, page, "exec"), {})  # noqa: S102 - of our own documents


@pytest.mark.usefixtures("installed")
def test_photos_are_disguised_trained_on_and_recognised(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    builtin.write_folders(tmp_path / "all")
    for person in ("s01", "s02", "s03"):
        shutil.copytree(tmp_path / "all" / person, tmp_path / "photos" / person)
        (tmp_path / "visitors" / person).mkdir(parents=True)
        (tmp_path / "photos" / person / "10.png").rename(tmp_path / "visitors" / person / "10.png")
    commands = commands_of("a-protection.md")
    refused = next(command for command in commands if "refused" in command)
    for command in commands:
        assert run(command) == (1 if command is refused else 0), command
    told = capsys.readouterr()
    assert "not known to protect: RowShuffle" in told.err
    manifest = Manifest.load(tmp_path / "released")
    assert manifest.disguise == {"kind": "RowShuffle", "gain": 1.0}
    assert manifest.accepted_broken
    rows = [line.split(",") for line in told.out.splitlines()[-3:]]
    assert [row[1] for row in rows] == ["s01", "s02", "s03"]


@pytest.mark.usefixtures("installed")
def test_an_audit_measures_one_by_the_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copy(THIRD_PARTY / "rows.toml", tmp_path)
    for command in commands_of("an-attack.md"):
        assert run(command) == 0, command
    report = json.loads((tmp_path / "report" / "report.json").read_text())
    rows = next(arm for arm in report["arms"] if arm["name"] == "rows")
    assert rows["grade"] == "BROKEN"
    assert rows["recipe"] == {"kind": "RowShuffle", "gain": 1.0}
    page = (tmp_path / "report" / "report.md").read_text(encoding="utf-8").replace("\N{NO-BREAK SPACE}", " ")
    said = (TUTORIALS / "an-attack.md").read_text(encoding="utf-8").replace("\n", " ")
    (sentence,) = re.findall(r'BROKEN\*\*\. "(.*?)"', said)
    assert sentence in page, page[:1000]
    assert (tmp_path / "report" / "report.html").exists()


@pytest.mark.usefixtures("installed")
def test_ten_lines_disguise_train_and_audit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    text = (TUTORIALS / "ten-lines.md").read_text(encoding="utf-8")
    script, questions = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    assert len([line for line in script.splitlines() if line]) <= 10
    known: dict[str, Any] = {}
    for block in (script, questions):
        exec(compile(block, "ten-lines.md", "exec"), known)  # noqa: S102 - of our own documents
    report, model = known["report"], known["model"]
    assert (report["RowShuffle"].grade, report["RowShuffle"].strongest) == ("BROKEN", "row_sums")
    assert model.accuracy > 0.8
    assert set(model.classes) == set(known["y"])
    assert (tmp_path / "report.html").exists()
    with pytest.raises(MasqueradeError, match="linkage"):
        report.fail_if("linkage>0.05")


@pytest.mark.usefixtures("installed")
def test_a_wrong_name_is_told_the_right_one(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "photos" / "a").mkdir(parents=True)
    assert run(["key", "new", str(tmp_path / "a.key")]) == 0
    folders = [str(tmp_path / "photos"), "-o", str(tmp_path / "out"), "-k", str(tmp_path / "a.key")]
    assert run(["disguise", *folders, "-r", "RowShuffel"]) == 1
    assert "Did you mean RowShuffle?" in capsys.readouterr().err
