"""The command line's start: small commands load no network, help lines are the commands' own, Ctrl-C is quiet."""

import inspect
import json
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

from masquerade.cli.app import COMMANDS, run
from masquerade.cli.catalogue import command_options
from masquerade.cli.commands.listing import Listed
from masquerade.cli.commands.psp_service import open_provider
from masquerade.cli.lazy import Command, Commands, Group, every
from masquerade.keys import Key
from masquerade.owner.key_backup import back_up
from masquerade.released.writer import write_release
from masquerade.sealed.layout import BlockLayout
from masquerade.sealed.probe import Camera
from released_examples import make, plan
from sealed_examples import bare, unit_vectors

HEAVY = ("torch", "scipy", "sklearn", "torchmetrics", "matplotlib", "ot")

PROBE = """
import contextlib, io, json, sys
from masquerade.cli.app import run
told = {}
for line in json.load(sys.stdin):
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        code = run(line)
    told[" ".join(line)] = [code, [name for name in %r if name in sys.modules]]
print(json.dumps(told))
"""


def _groups(commands: Commands, *above: str) -> Iterator[tuple[str, ...]]:
    for name, each in commands.items():
        if isinstance(each, Group):
            yield (*above, name)
            yield from _groups(each.commands, *above, name)


def test_small_commands_load_no_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MASQUERADE_PASSPHRASE", "one")
    lines = [["--help"], ["--version"], *([*group, "--help"] for group in _groups(COMMANDS))]
    lines += [
        ["key", "new", "a.key"],
        ["key", "show", "a.key"],
        ["key", "restore", "a.backup", "-o", "b.key"],
    ]
    lines += [["psp", "accounts"], ["psp", "invitations", "--json"], ["masknet", "join", "--help"]]
    lines += [*(["list", kind] for kind in Listed), ["verify", "released"], ["verify", "public"]]
    lines += [["sealed", "match", "public", "probe", "-o", "answer"]]
    write_release(tmp_path / "released", plan(), make, tmp_path / "ledger.sqlite")
    bare(tmp_path / "public", unit_vectors(5, 128, 0), [BlockLayout(128, 4)])
    Key.from_secret(bytes(32)).save(tmp_path / "first.key")
    back_up(tmp_path / "first.key", Key.from_secret(bytes(32)), "one", tmp_path / "a.backup")
    open_provider("sqlite:///psp.db", Path("psp.key"), make=True).close()
    (tmp_path / "probe").write_bytes(Camera.load(tmp_path / "public").probe(unit_vectors(1, 128, 1)[0]))
    done = subprocess.run(
        [sys.executable, "-c", PROBE % (HEAVY,)],
        input=json.dumps(lines),
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=True,
    )
    told = json.loads(done.stdout)
    assert len(told) == len(lines)
    assert told == {line: [0, []] for line in told}


@pytest.mark.parametrize(("name", "command"), [*every(COMMANDS)], ids=[name for name, _ in every(COMMANDS)])
def test_a_line_of_help_is_the_command_s_own(name: str, command: Command) -> None:
    module, function = command.place.split(":")
    text = inspect.getdoc(getattr(import_module(f"masquerade.cli.commands.{module}"), function))
    assert text is not None
    assert command.words == " ".join(text.split("\n\n")[0].split()), name
    assert ("Safe to interrupt; run the same command again to resume." in text) == command.resumes, name


def test_every_command_says_its_options(capsys: pytest.CaptureFixture[str]) -> None:
    for name, command in every(COMMANDS):
        assert run([*name.split(), "--help"]) == 0
        printed = capsys.readouterr().out
        assert f"masquerade {name} [OPTIONS]" in printed
        assert max(map(len, printed.splitlines())) <= 80
        for option in command_options(command.place):
            for word in option["names"]:
                assert word.partition("/")[0] in printed, name


INTERRUPTED = """
import sys
class Interrupts:
    def find_spec(self, name, path, target=None):
        if name == %r:
            raise KeyboardInterrupt
sys.meta_path.insert(0, Interrupts())
from masquerade.cli import main
main()
"""
"""Ctrl-C while a module is looked for."""


@pytest.mark.parametrize(
    "module", ["masquerade.cli.app", "masquerade.cli.commands.craft", "masquerade.cli.console"]
)
def test_ctrl_c_while_modules_are_loaded_ends_with_one_line(module: str, tmp_path: Path) -> None:
    command = [sys.executable, "-c", INTERRUPTED % module, "craft", "photos", "-o", "out", "--key", "a.key"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.returncode == 130
    assert done.stdout == ""
    assert done.stderr.startswith("interrupted")
    assert done.stderr.count("\n") == 1
