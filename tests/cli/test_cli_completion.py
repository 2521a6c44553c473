"""What a shell completes: commands, options and names, without loading a network."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

CALL = """
import sys
from masquerade.cli import main
try:
    main()
finally:
    print("torch" in sys.modules, file=sys.stderr)
"""


def completed(line: str, cwd: Path) -> list[str]:
    """What bash is offered after a line."""
    words = line.split(" ")
    told = {"_MASQUERADE_COMPLETE": "complete_bash", "COMP_WORDS": line, "COMP_CWORD": str(len(words) - 1)}
    done = subprocess.run(
        [sys.executable, "-c", CALL],
        capture_output=True,
        text=True,
        cwd=cwd,
        env={**os.environ, **told},
        check=False,
    )
    assert done.stderr == "False\n", done.stderr
    return done.stdout.split()


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("masquerade ide", "identify"),
        ("masquerade study r", "run"),
        ("masquerade disguise photos --rec", "--recipe"),
        ("masquerade disguise photos --recipe dn-l", "dn-lfw"),
        ("masquerade disguise photos --min-ph", "--min-photos"),
        ("masquerade train released --network res", "resnet18"),
        ("masquerade study run dn_table2_l", "dn_table2_lfw"),
        ("masquerade list at", "attacks"),
        ("masquerade list attacks gram_f", "gram_fingerprint"),
        ("masquerade list protections xn", "xnn"),
        ("masquerade cloak photos --method one", "one-pass"),
        ("masquerade psp serve --log-level w", "warning"),
    ],
)
def test_names_are_completed_and_no_network_is_loaded(line: str, word: str, tmp_path: Path) -> None:
    assert word in completed(line, tmp_path)


def test_studies_of_the_folder_are_completed(tmp_path: Path) -> None:
    (tmp_path / "studies").mkdir()
    (tmp_path / "studies" / "mine.toml").write_text('title = "Mine"\n')
    assert completed("masquerade study run stud", tmp_path) == ["studies/mine.toml"]


def test_old_names_are_not_offered(tmp_path: Path) -> None:
    assert completed("masquerade pre", tmp_path) == ["pretrain"]
    assert completed("masquerade mask", tmp_path) == ["masknet"]
    assert completed("masquerade disguise photos --min-i", tmp_path) == []


def test_the_script_for_a_shell_is_shown(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "masquerade", "--show-completion", "bash"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"},
        check=True,
    )
    assert "_MASQUERADE_COMPLETE=complete_bash" in done.stdout
