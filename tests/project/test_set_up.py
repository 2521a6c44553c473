"""The tests' own set-up: nothing is skipped in silence, and programs are installed where that can be."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import debian
from places import FOLDERS, ROOT, TESTS

SKIPS = "import pytest\ndef test_one(): pytest.skip('no such machine')\ndef test_two(): pass\n"


def _run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    (folder / "conftest.py").write_text((TESTS / "conftest.py").read_text(encoding="utf-8"), "utf-8")
    (folder / "test_it.py").write_text(SKIPS, "utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *words, str(folder)]
    environment = {"PYTHONPATH": os.pathsep.join(map(str, FOLDERS))}
    return subprocess.run(command, capture_output=True, text=True, env=environment, cwd=folder)


@pytest.mark.parametrize("side_by_side", [(), ("-n", "1")], ids=["one", "xdist"])
def test_a_skipped_test_is_told_and_fails_where_it_must(
    tmp_path: Path, side_by_side: tuple[str, ...]
) -> None:
    lenient, strict = _run(tmp_path, *side_by_side), _run(tmp_path, "--no-skips", *side_by_side)
    assert lenient.returncode == 0, lenient.stdout + lenient.stderr
    assert strict.returncode == 1, strict.stdout + strict.stderr
    assert all("1 tests skipped: no such machine" in run.stdout for run in (lenient, strict))


@pytest.mark.parametrize("side_by_side", [(), ("-n", "1")], ids=["one", "xdist"])
def test_a_run_says_its_seed_and_repeats_it(tmp_path: Path, side_by_side: tuple[str, ...]) -> None:
    told = re.search(r"--randomly-seed=(\d+)", _run(tmp_path, *side_by_side).stdout)
    assert told is not None
    assert told[0] in _run(tmp_path, told[0], *side_by_side).stdout


def test_a_package_that_is_missing_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(debian.PROGRAMS, "postgresql", ("/no/such/program",))
    monkeypatch.setattr(debian.os, "getuid", lambda: 1000)
    debian.program.cache_clear()
    with pytest.raises(debian.NotInstalled, match="apt-get install postgresql"):
        debian.program("postgresql")
    debian.program.cache_clear()


def test_the_gate_lets_nothing_be_skipped() -> None:
    gate = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert "TEST_OPTIONS=--no-skips" in gate
    assert "$(TEST_OPTIONS)" in makefile


def test_no_test_sets_the_clock_that_event_loops_wait_by() -> None:
    """Servers that outlive a test run in the same process, and would wait for an hour that never passes."""
    setting = re.compile(r"""setattr\(\s*time\s*,\s*["']monotonic|["']time\.monotonic["']""")
    found = [path.name for path in TESTS.rglob("*.py") if setting.search(path.read_text(encoding="utf-8"))]
    assert found == []
    assert setting.search('monkeypatch.setattr(time, "mono' + 'tonic", clock)')
