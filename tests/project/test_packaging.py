"""What is shipped is what git has: package data in the wheel, everything in the sdist; hints on missing parts work."""

import os
import re
import subprocess
import tomllib
from fnmatch import fnmatch
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from setuptools.command.egg_info import FileList

from masquerade import extras
from places import ROOT

PACKAGE = ROOT / "src" / "masquerade"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def _kept(*where: str) -> list[str]:
    """What git has and will have, since whoever writes a file tests it before committing it."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", *where]
    named = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    return [name for name in named if (ROOT / name).exists()]


def test_the_wheel_has_every_file_of_the_package() -> None:
    patterns = PROJECT["tool"]["setuptools"]["package-data"]["masquerade"]
    shipped = {path for pattern in patterns for path in PACKAGE.glob(pattern) if path.is_file()}
    files = {ROOT / name for name in _kept("src/masquerade") if not name.endswith(".py")}
    assert files - shipped == set()
    assert files, "git lists nothing"


def test_the_sdist_has_every_file_of_git(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    found = FileList()
    found.findall()
    for line in (ROOT / "MANIFEST.in").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            found.process_template_line(line)
    assert set(_kept()) - {Path(name).as_posix() for name in found.files} == set()


@pytest.mark.parametrize("extra", ["demo", "faces", "service", "sealed", "examiners", "attacks", "onnx"])
def test_a_hint_names_the_packages_of_a_part_and_no_project_of_that_name(
    extra: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = PROJECT["project"]["optional-dependencies"]
    metadata = [f'{package}; extra == "{part}"' for part, packages in parts.items() for package in packages]
    monkeypatch.setattr(extras, "requires", lambda _: [*PROJECT["project"]["dependencies"], *metadata])
    words = extras.how_to_install(extra)
    assert "pip install masquerade" not in words
    assert "masquerade[" not in words
    assert extras.requirements(extra) == parts[extra]
    assert all(package in words for package in parts[extra])


def test_a_part_without_metadata_is_named() -> None:
    assert (
        extras.how_to_install("none") == "Install masquerade from its checkout or wheel with the extra none."
    )


def test_no_text_tells_to_install_a_project_that_is_in_no_index() -> None:
    told = [
        name
        for name in _kept("src", "docs", "page", "README.md", "CONTRIBUTING.md")
        if Path(name).suffix in {".py", ".md", ".ts", ".html", ".toml", ".j2"}
        and any(fnmatch(line, "*pip install*masquerade[[]*") for line in _lines(name))
    ]
    assert told == []


def _lines(name: str) -> list[str]:
    return (ROOT / name).read_text(encoding="utf-8").splitlines()


def test_the_gate_installs_the_wheel_and_runs_the_demo() -> None:
    gate = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert os.access(ROOT / ".ci" / "run", os.X_OK)
    for step in ("masquerade-*.whl)[demo]", '"$masquerade" list studies', '"$masquerade" demo'):
        assert step in gate


def _locked() -> dict[str, str]:
    found = re.findall(
        r"^([a-z0-9._-]+)==([^ ;\\]+)", (ROOT / "requirements.lock").read_text("utf-8"), re.MULTILINE
    )
    return {canonicalize_name(name): version for name, version in found}


def test_the_lock_fits_every_bound() -> None:
    every = [*PROJECT["project"]["dependencies"]]
    for part in PROJECT["project"]["optional-dependencies"].values():
        every += part
    locked = _locked()
    for requirement in map(Requirement, every):
        if requirement.name != "torch":  # left out, as its first lines say
            version = locked.get(canonicalize_name(requirement.name))
            assert version is not None, f"{requirement.name} is not in requirements.lock: make it anew"
            assert requirement.specifier.contains(version), f"{requirement}, locked {version}: make it anew"
    assert "torch" not in locked


def test_every_locked_package_has_a_hash_and_no_place() -> None:
    text = (ROOT / "requirements.lock").read_text("utf-8")
    entries = re.split(r"^(?=[a-z0-9])", text, flags=re.MULTILINE)[1:]
    assert len(entries) >= len(_locked())
    assert all("--hash=sha256:" in entry for entry in entries)
    assert not re.search(r"://|^-|file:|index-url", text, re.MULTILINE)


@pytest.mark.parametrize(
    ("package", "unsafe"),
    [("starlette", "0.49.0"), ("h11", "0.15.0"), ("jinja2", "3.1.5"), ("Pillow", "11.2.1")],
)
def test_no_bound_admits_a_release_with_a_known_hole(package: str, unsafe: str) -> None:
    every = [*PROJECT["project"]["dependencies"], *PROJECT["project"]["optional-dependencies"]["service"]]
    bounds = {each.name: each.specifier for each in map(Requirement, every)}
    assert not bounds[package].contains(unsafe)
