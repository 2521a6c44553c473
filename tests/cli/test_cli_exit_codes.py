"""Exit codes a script can rely on: one table, and every command keeps to it."""

from pathlib import Path
from typing import Any

import pytest

from masquerade import errors
from masquerade.cli import lazy
from masquerade.cli.app import COMMANDS, run
from masquerade.cli.console import CommandFailed
from masquerade.cli.exit_codes import (
    CHECK_FAILED,
    EXIT_CODES,
    FAILED,
    INTERRUPTED,
    SOME_FAILED,
    USAGE,
)
from masquerade.cli.lazy import every
from masquerade.errors import MasqueradeError, UsageError
from photo_examples import photo_folder

NAMES = [name for name, _ in every(COMMANDS)]
ENDS: list[tuple[BaseException, int]] = [
    (UsageError("no such thing"), USAGE),
    (CommandFailed(SOME_FAILED), SOME_FAILED),
    (CommandFailed(CHECK_FAILED), CHECK_FAILED),
    (errors.WrongKey("another key"), FAILED),
    (errors.WriteFailed("no space"), FAILED),
    (ValueError("unforeseen"), FAILED),
    (MemoryError(), FAILED),
    (KeyboardInterrupt(), INTERRUPTED),
]


@pytest.mark.parametrize("name", NAMES)
def test_every_command_ends_with_the_table_s_codes(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for end, code in ENDS:

        def ended(*_: Any, end: BaseException = end) -> None:  # noqa: ANN401 - stands for any command
            raise end

        monkeypatch.setattr(lazy, "loaded", ended)
        assert run(name.split()) == code
        assert code in EXIT_CODES


@pytest.mark.parametrize("name", NAMES)
def test_every_command_refuses_an_unknown_option_with_1(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run([*name.split(), "--no-such-option"]) == USAGE
    assert list(tmp_path.iterdir()) == []


def test_every_error_has_a_code_of_the_table() -> None:
    kinds = [
        each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, MasqueradeError)
    ]
    assert len(kinds) > 30
    assert {kind.exit_code for kind in kinds} == {USAGE, CHECK_FAILED, FAILED}


def test_help_tells_the_codes(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--help"]) == 0
    printed = " ".join(capsys.readouterr().out.split())
    for code in (1, 2, 3, 4, 130):
        assert f" {code} " in printed


def test_some_photos_that_fail_are_not_the_same_as_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    photo_folder(tmp_path / "photos", 1)
    assert run(["key", "new", "my.key"]) == 0
    assert run(["masknet", "new", "--key", "my.key", "-o", "my.masknet"]) == 0
    (tmp_path / "photos" / "bad.jpg").write_bytes(b"no picture")
    cloak = ["--masknet", "my.masknet", "--method", "one-pass", "--on-no-face", "copy"]
    assert run(["cloak", "photos", "-o", "some", *cloak]) == SOME_FAILED
    assert run(["cloak", "photos/bad.jpg", "-o", "none", *cloak]) == FAILED
