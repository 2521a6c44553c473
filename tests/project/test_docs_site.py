"""The documentation as a site: it builds without a warning, and the commands of the pages for each role run."""

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from masquerade.api.report import Report
from masquerade.cli.app import run
from masquerade.cli.commands import audit_folders
from masquerade.data import builtin
from places import ROOT

ROLES = ("owner", "app", "person", "auditor")
PROMPT = re.compile(r"^\$ masquerade (.*)$", re.MULTILINE)


def test_the_site_builds_without_a_warning(tmp_path: Path) -> None:
    built = subprocess.run(
        [
            sys.executable,
            "-m",
            "mkdocs",
            "build",
            "--quiet",
            "--strict",
            "--site-dir",
            str(tmp_path / "site"),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        env={"NO_MKDOCS_2_WARNING": "1", "PATH": ""},
    )
    assert built.returncode == 0, built.stderr
    assert (tmp_path / "site" / "decisions" / "0001-cells-of-an-audit.html").exists()
    assert (tmp_path / "site" / "studies" / "results" / "dn_table2_lfw.json").exists()


def test_the_site_asks_nobody_for_anything(tmp_path: Path) -> None:
    text = (ROOT / "mkdocs.yml").read_text("utf-8")
    assert "font: false" in text
    assert "analytics" not in text.split("theme:")[1]


@pytest.fixture
def holiday(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Photos of five people, of whom each has a visit and friends have folders, and two that somebody posts."""
    monkeypatch.chdir(tmp_path)
    builtin.write_folders(tmp_path / "photos")
    for person in sorted((tmp_path / "photos").iterdir())[5:]:
        person.rename(tmp_path / person.name)
    for place, many in (("friends", 3), ("visitors", 1)):
        for person in sorted((tmp_path / "photos").iterdir()):
            (tmp_path / place / person.name).mkdir(parents=True)
            for photo in sorted(person.iterdir())[-many:]:
                shutil.copy(photo, tmp_path / place / person.name)
    shutil.copy(photo, tmp_path / "visitor.jpg")
    (tmp_path / "s06").rename(tmp_path / "holiday")
    return tmp_path


def commands_of(place: str) -> list[list[str]]:
    return [shlex.split(line) for line in PROMPT.findall((ROOT / place).read_text("utf-8"))]


@pytest.mark.parametrize("role", ROLES)
def test_the_commands_for_a_role_run(role: str, holiday: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    committed = ROOT / "studies" / "results" / "dn_table2_lfw.json"
    monkeypatch.setattr(audit_folders, "audit_released", lambda *_, **__: Report.load(committed))
    commands = commands_of(f"docs/start/{role}.md")
    assert commands
    for command in commands:
        plan = ["--dry-run"] if command[0] == "audit" and "--released" not in command else []
        assert run([*command, *plan]) == 0, command


def test_the_provider_s_commands_are_those_of_the_guide() -> None:
    """Which run in test_docs_provider.py, where nothing listens."""
    guide = commands_of("docs/guide/provider.md")
    commands = commands_of("docs/start/provider.md")
    assert commands
    assert [command for command in commands if command not in guide] == []


def test_the_readme_fits_two_screens_and_its_commands_are_those_for_the_roles() -> None:
    run_above = [command for role in ROLES for command in commands_of(f"docs/start/{role}.md")]
    assert [command for command in commands_of("README.md") if command not in run_above] == []
    assert len((ROOT / "README.md").read_text("utf-8").splitlines()) <= 140
