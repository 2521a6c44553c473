"""Numbers on the command line: every option of every command has a range, and says so of what lies outside."""

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any, get_args, get_origin, get_type_hints

import pytest
from typer.models import OptionInfo

from masquerade.cli.app import COMMANDS, run
from masquerade.cli.lazy import every as every_command
from masquerade.cloaking.folder import cloak_folder
from masquerade.errors import UsageError
from masquerade.owner.records import Records
from photo_examples import photo_cloak, photo_folder

OUTSIDE = ("-1", "1e20", "nan", "inf", "-inf", "9" * 30, "9" * 5000, "x", "")


def numeric() -> Iterator[tuple[tuple[str, ...], str, OptionInfo]]:
    """Every option that takes a number: its command, its name, what typer knows of it."""
    for name, each in every_command(COMMANDS):
        module, function = each.place.split(":")
        hints = get_type_hints(
            getattr(import_module(f"masquerade.cli.commands.{module}"), function), include_extras=True
        )
        for parameter, hint in hints.items():
            if get_origin(hint) is Annotated and {int, float} & _kinds(get_args(hint)[0]):
                given = get_args(hint)[1]
                yield tuple(name.split()), _name(parameter, given), given


def _kinds(hint: Any) -> set[Any]:  # noqa: ANN401 - any annotation
    return set(get_args(hint)) or {hint}


def _name(parameter: str, given: OptionInfo) -> str:
    names = (
        given.default,
        *(given.param_decls or ()),
    )  # typer takes the first name for a default, and sorts it out later
    declared = [name for name in names if isinstance(name, str) and name.startswith("--")]
    return declared[0] if declared else f"--{parameter.replace('_', '-')}"


EVERY = list(numeric())
every = pytest.mark.parametrize(
    ("command", "name", "option"), EVERY, ids=[" ".join((*words, name)) for words, name, _ in EVERY]
)


def test_the_options_are_found() -> None:
    assert len(EVERY) > 30
    assert {"--seed", "--workers", "--port", "--min-ssim", "--min-photos"} <= {name for _, name, _ in EVERY}


@every
def test_what_lies_outside_an_options_range_is_named(
    command: tuple[str, ...],
    name: str,
    option: OptionInfo,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert option.min is not None
    assert option.max is not None
    monkeypatch.chdir(tmp_path)
    zero = ["0"] if option.min > 0 else []
    beyond = [str(2 * option.max + 1), str(option.min - 1)]
    for value in (*OUTSIDE, *beyond, *zero):
        assert run([*command, f"{name}={value}"]) == 1
        out, err = capsys.readouterr()
        assert out == ""
        assert f"'{name}'" in " ".join(err.split()), (value, err)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "size", ["0x0", "0x64", "64x0", "-1x64", "5000x64", "99999x1", "1e3x5", "nanxnan", "64", ""]
)
def test_sizes_that_no_picture_has_are_named(size: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["disguise", "photos", "-o", "out", "--key", "no.key", f"--size={size}"]) == 1
    assert "size" in capsys.readouterr().err


def test_the_library_names_them_too(tmp_path: Path) -> None:
    photos = photo_folder(tmp_path / "photos", 1)
    with pytest.raises(UsageError, match="number of workers"):
        cloak_folder(photos, tmp_path / "out", photo_cloak(), Records(tmp_path / "r"), {}, workers=-1)
