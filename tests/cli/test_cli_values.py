"""Values that begin with a hyphen are values: tokens that people paste, and names of files."""

import os
from functools import cache, partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from masquerade.cli.app import COMMANDS, run
from masquerade.cli.lazy import Command, every, loaded

TOKENS = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", min_size=43, max_size=43)
NAMES = st.binary(max_size=200).map(lambda name: os.fsdecode(name.translate(None, b"/\0") + b".jpg"))


_loaded = cache(partial(loaded, "command"))


def _place(name: str) -> str:
    return dict(every(COMMANDS))[name].place


def _read(place: str, *words: str) -> dict[str, Any]:
    """What a command makes of its arguments, without running it."""
    return dict(_loaded(place).make_context("command", list(words)).params)


@settings(max_examples=1000, deadline=None)
@given(TOKENS)
@example("o" * 43)
@example("-" * 43)
@example("-" + "a" * 42)
@example("-help" + "a" * 38)
def test_every_token_is_read_as_itself(token: str) -> None:
    read = _read(_place("masknet join"), "https://a.example", f"-{token}", "-o", f"-{token}.masknet")
    assert read["code"] == f"-{token}"
    assert read["out"] == Path(f"-{token}.masknet")
    assert _read(_place("psp revoke"), f"-{token}", "-k", f"-{token}")["account"] == f"-{token}"


@settings(max_examples=100, deadline=None)
@given(st.lists(NAMES.map("-{}".format), min_size=1, max_size=4))
@example(["-rf.jpg", "-o.jpg", "--key.jpg", "--json.jpg", "-k.jpg"])
def test_every_name_of_a_photo_is_read_as_itself(names: list[str]) -> None:
    read = _read(_place("identify"), "-model", "--json", *names, "--key", "-my.key")
    assert read["model"] == Path("-model")
    assert read["photos"] == [Path(name) for name in names]
    assert read["key"] == Path("-my.key")
    assert read["as_json"] is True


TAKING = [(name, command) for name, command in every(COMMANDS) if name != "list"]
"""Commands that take values of people; ``list`` takes words of its own."""
CHOSEN = {("export", "to"): "npz"}
"""Options that take one of a few words."""


@pytest.mark.parametrize(("name", "command"), TAKING, ids=[name for name, _ in TAKING])
@pytest.mark.parametrize("value", ["-rf.jpg", "-a_-Zq7", "--0.jpg", "--x.y"])
def test_every_command_takes_such_values_for_its_arguments(name: str, command: Command, value: str) -> None:
    required = [param for param in _loaded(command.place).params if param.required]
    texts = [param for param in required if (name, param.name) not in CHOSEN]
    chosen = [(param.opts[0], CHOSEN[name, param.name]) for param in required if (name, param.name) in CHOSEN]
    positions = [param for param in texts if param.param_type_name == "argument"]
    options = [param for param in texts if param.param_type_name == "option"]
    read = _read(
        command.place,
        *(value for _ in positions),
        *(word for param in options for word in (param.opts[0], value)),
        *(word for pair in chosen for word in pair),
    )
    for param in texts:
        wanted = [value] if param.nargs == -1 else value
        found = read[param.name]
        assert (list(map(str, found)) if param.nargs == -1 else str(found)) == wanted, param.name


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (["key", "new", "a.key", "--pasphrase"], "--passphrase"),
        (["key", "new", "a.key", "--overwrit"], "--overwrite"),
        (["key", "new", "a.key", "-x"], "No such option"),
        (["key", "new", "a.key", "--none=1"], "No such option"),
    ],
)
def test_a_slip_in_an_option_is_still_told(
    words: list[str],
    meant: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(words) == 1
    assert meant in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_key_whose_name_begins_with_a_hyphen_is_made_and_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["key", "new", "-rf.key"]) == 0
    assert run(["key", "show", "-rf.key"]) == 0
    assert run(["key", "show", "--", "-rf.key"]) == 0
    assert (tmp_path / "-rf.key").exists()
