"""Somebody else's package, installed by pip: its protection and its attack run through commands, audit and report."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from masquerade.cli.app import run
from masquerade.data import builtin
from masquerade.released import Manifest
from masquerade.testing import check_attack, check_protection
from places import TESTS

STUDY = """
name = "rows"
title = "Rows in a secret order"
source = "a test"
generic = false
without_generic = "a test"
[data]
source = "orl"
height = 32
width = 32
mode = "L"
classes = 20
test_share = 0.3
public = 150
[training]
preset = "laptop-small-cnn"
change = { epochs = 1 }
[[arms]]
name = "unprotected"
recipe = "none"
[[arms]]
name = "rows"
recipe = "RowShuffle"
[[arms]]
name = "louder"
disguise = { kind = "RowShuffle", gain = 2.0 }
training = { preset = "laptop-small-cnn", change = { epochs = 1 } }
[[attacks]]
name = "row_sums"
metric = "linkage"
[profiles.quick]
seeds = [0]
"""


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


@pytest.mark.usefixtures("installed")
def test_both_keep_to_the_contract() -> None:
    from row_shuffle import RowShuffle
    from row_sums import RowSums

    check_protection(RowShuffle())
    check_attack(RowSums())


@pytest.mark.usefixtures("installed")
def test_photos_are_disguised_trained_on_and_recognised(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    builtin.write_folders(tmp_path / "all")
    for person in ("s01", "s02", "s03"):
        shutil.copytree(tmp_path / "all" / person, tmp_path / "photos" / person)
    assert run(["key", "new", "owner.key"]) == 0
    disguise = [
        "disguise",
        "photos",
        "-o",
        "released",
        "-k",
        "owner.key",
        "-r",
        "RowShuffle",
        "--faces",
        "as-is",
    ]
    assert run(disguise) == 1
    assert "not known to protect: RowShuffle" in capsys.readouterr().err
    assert run([*disguise, "--accept-broken"]) == 0
    manifest = Manifest.load(tmp_path / "released")
    assert manifest.disguise == {"kind": "RowShuffle", "gain": 1.0}
    assert manifest.accepted_broken
    assert run(["verify", "released"]) == 0
    assert run(["train", "released", "-o", "model", "--network", "mlp"]) == 0
    assert run(["predict", "model", "photos/s02", "-k", "owner.key", "--closed-set"]) == 0
    rows = capsys.readouterr().out.splitlines()[-10:]
    assert sum(row.split(",")[1] == "s02" for row in rows) >= 8, rows


@pytest.mark.usefixtures("installed")
def test_an_audit_measures_one_by_the_other(tmp_path: Path) -> None:
    (tmp_path / "rows.toml").write_text(STUDY)
    study = ["audit", str(tmp_path / "rows.toml"), "--profile", "quick", "-o", str(tmp_path / "report")]
    assert run(study) == 0
    report = json.loads((tmp_path / "report" / "report.json").read_text())
    grades = {arm["name"]: arm["grade"] for arm in report["arms"]}
    assert (grades["rows"], grades["louder"]) == ("BROKEN", "INCOMPLETE"), grades
    page = (tmp_path / "report" / "report.html").read_text()
    assert "row sums" in page


@pytest.mark.usefixtures("installed")
def test_a_wrong_name_is_told_the_right_one(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "photos" / "a").mkdir(parents=True)
    assert run(["key", "new", str(tmp_path / "a.key")]) == 0
    folders = [str(tmp_path / "photos"), "-o", str(tmp_path / "out"), "-k", str(tmp_path / "a.key")]
    assert run(["disguise", *folders, "-r", "RowShuffel"]) == 1
    assert "Did you mean RowShuffle?" in capsys.readouterr().err
