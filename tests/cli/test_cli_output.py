"""What commands print: in one place, without forged lines, and with an end that is right where stdout fails."""

import ast
import csv
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from masquerade.cli import app, console
from masquerade.cli import result_lines as lines
from masquerade.cli.app import run
from masquerade.errors import NotKnown
from masquerade.owner.recognise import Prediction
from masquerade.released.writer import write_release
from released_examples import make, plan

COMMANDS = Path(app.__file__).parent
PLACES = {"console.py", "streams.py", "starting.py", "stopping.py"}
"""Where text is printed; everywhere else it goes through ``say``, ``note`` and ``complain``."""

HOSTILE = "a\x1b[2J\u202egnp.b\nsound: released\udce9:key:[red]"
"""Escapes, a mark that turns the direction, a forged line, a byte that is not UTF-8, and what rich would replace."""
HARMLESS = r"a\x1b[2J\u202egnp.b\nsound: released\udce9:key:[red]"


@pytest.mark.parametrize("path", sorted(COMMANDS.rglob("*.py")), ids=lambda path: path.name)
def test_commands_print_in_one_place(path: Path) -> None:
    if path.name not in PLACES:
        assert _prints(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "text",
    ["print(1)", "typer.echo(x)", "typer.secho(x)", "sys.stdout.write(x)", "f(sys.stderr)", "notes.print(x)"],
)
def test_the_scan_finds_other_ways_to_print(text: str) -> None:
    assert len(_prints(text)) == 1


def _prints(text: str) -> list[int]:
    forbidden = {"typer.echo", "typer.secho", "sys.stdout", "sys.stderr", "notes.print"}
    nodes = ast.walk(ast.parse(text))
    return [node.lineno for node in nodes if isinstance(node, ast.expr) and _is_print(node, forbidden)]


def _is_print(node: ast.expr, forbidden: set[str]) -> bool:
    if isinstance(node, ast.Attribute):
        return ast.unparse(node) in forbidden
    return isinstance(node, ast.Name) and node.id == "print"


@pytest.mark.parametrize("tell", [console.say, console.note, console.complain])
def test_no_text_forges_lines_or_moves_the_cursor(
    tell: Callable[[str], None], capsys: pytest.CaptureFixture[str]
) -> None:
    tell(HOSTILE)
    out, err = capsys.readouterr()
    assert (out + err).removeprefix("error: ") == HARMLESS + "\n"


@pytest.mark.parametrize("name", ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "a,b", 'a"b', HOSTILE])
def test_csv_holds_no_formula_and_one_row_a_photo(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    lines.say_names([Prediction(Path(name), name, -0.25)], as_json=False)
    header, row = csv.reader(capsys.readouterr().out.splitlines())
    assert header == ["photo", "person", "probability"]
    assert row[0] == row[1]
    assert row[0][0] not in "=+-@"
    assert row[0].isprintable()
    assert row[2] == "-0.2500"


@pytest.mark.parametrize("name", ["=1+1", "caf\udce9", HOSTILE])
def test_json_gives_names_as_they_are(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    lines.say_names([Prediction(Path(name), name, 0.5)], as_json=True)
    printed = capsys.readouterr().out
    assert printed.removesuffix("\n").isprintable()
    assert json.loads(printed) == {"photo": name, "person": name, "probability": 0.5}


def test_an_error_names_the_file_that_it_is_about(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["key", "show", ":key:[b].key"]) == 4
    assert ":key:[b].key" in capsys.readouterr().err


def _masquerade(*words: str, to: int, cwd: Path, **more: str) -> tuple[int, str]:
    command = [sys.executable, "-c", "from masquerade.cli import main; main()", *words]
    environment = {**os.environ, **more}
    done = subprocess.run(command, stdout=to, stderr=subprocess.PIPE, cwd=cwd, env=environment, check=False)
    return done.returncode, done.stderr.decode()


@pytest.mark.parametrize(
    "words", [["--help"], ["key", "new", "a.key"], ["list", "studies"], ["key", "--help"]]
)
def test_a_full_disk_behind_stdout_is_a_named_error(words: list[str], tmp_path: Path) -> None:
    with Path("/dev/full").open("wb") as full:
        code, err = _masquerade(*words, to=full.fileno(), cwd=tmp_path)
    assert code == 4
    assert (
        err
        == "error: the output cannot be written: No space left on device in stdout. Make room, or write elsewhere.\n"
    )


@pytest.mark.parametrize("words", [["--help"], ["key", "new", "a.key"], ["list", "studies"]])
def test_a_reader_that_went_away_ends_a_command_quietly(words: list[str], tmp_path: Path) -> None:
    read, write = os.pipe()
    os.close(read)
    code, err = _masquerade(*words, to=write, cwd=tmp_path)
    os.close(write)
    assert code == 141
    assert "Traceback" not in err
    assert "Exception" not in err
    assert "error" not in err


@pytest.mark.parametrize("encoding", ["utf-8:strict", "ascii:strict", "latin-1"])
def test_a_name_that_is_not_utf8_is_printed_in_every_encoding(encoding: str, tmp_path: Path) -> None:
    name = os.fsdecode(b"caf\xe9\xe2\x82\xac.key")
    with (tmp_path / "out").open("wb") as out:
        code, err = _masquerade("key", "new", name, to=out.fileno(), cwd=tmp_path, PYTHONIOENCODING=encoding)
    assert code == 0, err
    assert (tmp_path / name).exists()
    assert rb"caf\udce9" in (tmp_path / "out").read_bytes()


def test_notes_that_cannot_be_written_stop_nothing(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "from masquerade.cli import main; main()", "key", "new", "a.key"]
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=full, cwd=tmp_path, check=False)
    assert done.returncode == 0
    assert b"a.key" in done.stdout


def test_a_closed_stdout_is_told_and_its_number_given_to_no_file(tmp_path: Path) -> None:
    command = f"'{sys.executable}' -c 'from masquerade.cli import main; main()' key new a.key >&-"
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.returncode == 4
    assert "the output cannot be written" in done.stderr
    assert (tmp_path / "a.key").read_text(encoding="utf-8").startswith("masquerade-key")


def test_every_command_refuses_a_folder_that_was_deleted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    for words in (["doctor"], ["list", "studies"], ["key", "new", "a.key"]):
        assert run(words) == 1
        assert "the folder that you are in was deleted" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (
            ValueError("secret"),
            "this is a fault of masquerade, not of yours: ValueError at cli/commands/key.py:",
        ),
        (KeyError("secret"), "KeyError at cli/commands/key.py:"),
        (MemoryError(), "not enough memory"),
        (RecursionError("secret"), "nested too deeply"),
        (OSError(28, "No space left on device", "a/secret.txt"), "no space left on device in a/secret.txt"),
    ],
)
def test_what_nobody_foresaw_is_one_line_without_secrets(
    error: Exception, words: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(path: Path) -> None:
        raise error

    monkeypatch.setattr("masquerade.cli.commands.key.describe", fail)
    monkeypatch.delenv("MASQUERADE_DEBUG", raising=False)
    assert run(["key", "show", "a.key"]) == 4
    told = capsys.readouterr().err
    assert words in told
    assert told.count("\n") == 1
    assert "secret" not in told.replace("a/secret.txt", "")
    monkeypatch.setenv("MASQUERADE_DEBUG", "1")
    run(["key", "show", "a.key"])
    assert "in show" in capsys.readouterr().err


def test_progress_without_a_terminal_counts_and_estimates(capsys: pytest.CaptureFixture[str]) -> None:
    seconds = iter([0.0, 0.0, 100.0, 101.0, 200.0, 260.0, 600.0])
    advance = console._plain("cloaking", lambda: next(seconds))
    for done in (50, 60, 60, 65, 66, 100):
        advance(done, 100, "loss 1")
    assert capsys.readouterr().err.splitlines() == [
        "cloaking: 50 of 100, loss 1",
        "cloaking: 60 of 100, about 7 min left, loss 1",
        "cloaking: 65 of 100, about 8 min left, loss 1",
        "cloaking: 66 of 100, about 9 min left, loss 1",
        "cloaking: 100 of 100, loss 1",
    ]


@pytest.mark.parametrize(
    ("seconds", "words"), [(9.6, "about 10 s"), (125, "about 2 min"), (7200, "about 2.0 h")]
)
def test_an_estimate_has_one_unit(seconds: float, words: str) -> None:
    assert console._left(1, 1, seconds) == f"{words} left"


def test_verify_forges_no_line_from_a_name_in_a_released_folder(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "released"
    write_release(folder, plan(), make, tmp_path / "ledger.sqlite")
    (folder / HOSTILE.replace("/", "")).write_bytes(b"")
    assert run(["verify", str(folder)]) == 2
    printed = capsys.readouterr().out
    assert len(printed.splitlines()) == 1
    assert printed.removesuffix("\n").isprintable()


def test_a_provider_s_message_moves_no_cursor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(path: Path) -> None:
        raise NotKnown(HOSTILE, code="no", place=HOSTILE, value=HOSTILE)

    monkeypatch.setattr("masquerade.cli.commands.key.describe", refuse)
    run(["key", "show", "a.key"])
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert told.removesuffix("\n").isprintable()
