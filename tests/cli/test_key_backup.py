"""A key and its records in one file under a passphrase: all of it comes back, and nothing that was damaged."""

import os
import random
import sqlite3
import stat
from collections.abc import Callable
from contextlib import closing
from io import StringIO
from pathlib import Path

import pytest

from masquerade.cli.app import run
from masquerade.cli.passphrase import NEW_VARIABLE, VARIABLE, new_passphrase
from masquerade.errors import (
    CorruptKey,
    KeyFileError,
    MasqueradeError,
    UnsupportedKeyVersion,
    UsageError,
    WriteFailed,
    WrongPassphrase,
)
from masquerade.files.kinds import Kind, kind_of
from masquerade.keys import Key, describe
from masquerade.keys import key as key_module
from masquerade.keys.passphrase import CHEAPEST
from masquerade.owner import backup_pieces
from masquerade.owner.key_backup import back_up, restore
from places import ROOT

PHRASE = "correct horse"


@pytest.fixture(autouse=True)
def _cheap(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for function in (Key.save, Key.locked):
        monkeypatch.setitem(function.__kwdefaults__, "cost", CHEAPEST)
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def owner(tmp_path: Path) -> Path:
    """A key file with records: text, more than one piece of bytes, an empty file, and a ledger under way."""
    home = tmp_path / "home"
    records = home / "owner.records"
    records.mkdir(mode=0o700, parents=True)
    Key.generate().save(home / "owner.key")
    (records / "a.json").write_text('{"people": ["Änne Beispiel"]}')
    (records / "b.encoder.safetensors").write_bytes(random.Random(0).randbytes(3 * 2**20 + 17))
    (records / "empty.jsonl").touch()
    (records / "c.lock").write_text("1")
    (records / ".masquerade-0123456789abcdef.tmp").write_text("half")
    with closing(sqlite3.connect(records / "d.sqlite")) as base, base:
        base.execute("CREATE TABLE rows (n)")
        base.execute("INSERT INTO rows VALUES (7)")
    return home / "owner.key"


def backed_up(owner: Path, out: str = "owner.backup") -> Path:
    back_up(owner, Key.load(owner), PHRASE, Path(out))
    return Path(out)


def test_key_and_records_come_back(owner: Path, tmp_path: Path) -> None:
    out = backed_up(owner)
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    assert kind_of(out) is Kind.BACKUP
    there = tmp_path / "new" / "mine.key"
    assert restore(out, PHRASE, there).records == 4
    assert there.read_bytes() == owner.read_bytes()
    records = there.with_name("mine.records")
    assert sorted(path.name for path in records.iterdir()) == [
        "a.json",
        "b.encoder.safetensors",
        "d.sqlite",
        "empty.jsonl",
    ]
    for name in ("a.json", "b.encoder.safetensors", "empty.jsonl"):
        assert (records / name).read_bytes() == owner.with_name("owner.records").joinpath(name).read_bytes()
    with closing(sqlite3.connect(records / "d.sqlite")) as base:
        assert base.execute("SELECT n FROM rows").fetchone() == (7,)
    assert {stat.S_IMODE(path.stat().st_mode) for path in records.iterdir()} == {0o600}
    assert stat.S_IMODE(records.stat().st_mode) == 0o700
    assert sorted(path.name for path in there.parent.iterdir()) == ["mine.key", "mine.records"]


def test_a_locked_key_stays_locked(owner: Path, tmp_path: Path) -> None:
    Key.load(owner).save(owner, "old", overwrite=True)
    back_up(owner, Key.load(owner, "old"), PHRASE, Path("b"))
    restore(Path("b"), PHRASE, tmp_path / "new.key")
    assert describe(tmp_path / "new.key").protected
    assert Key.load(tmp_path / "new.key", PHRASE) == Key.load(owner, "old")


def test_a_key_without_records_has_a_backup_too(tmp_path: Path) -> None:
    Key.generate().save(tmp_path / "alone.key")
    assert restore(backed_up(tmp_path / "alone.key"), PHRASE, tmp_path / "n.key").records == 0
    assert not (tmp_path / "n.records").exists()


def test_nothing_of_key_and_records_can_be_read_in_it(owner: Path) -> None:
    records = owner.with_name("owner.records")
    data = backed_up(owner).read_bytes()
    content = (records / "b.encoder.safetensors").read_bytes()
    # each long enough that three million random bytes do not hold it by chance
    for secret in (b"nne Beispiel", b"a.json", owner.read_bytes().split(b"secret: ")[1][:64], content[:16]):
        assert secret not in data


def test_every_flip_and_cut_is_a_named_error(owner: Path) -> None:
    for name in ("b.encoder.safetensors", "d.sqlite"):
        owner.with_name("owner.records").joinpath(name).unlink()
    data = backed_up(owner).read_bytes()
    chance = random.Random(1)
    wrongs = [data[:length] for length in (0, 1, 21, 200, len(data) // 2, len(data) - 1)]
    wrongs += [data + b"\n", data + data]
    for bit in [*range(0, 8 * 600, 29), *(chance.randrange(8 * len(data)) for _ in range(150))]:
        flipped = bytearray(data)
        flipped[bit // 8] ^= 1 << bit % 8
        wrongs.append(bytes(flipped))
    for wrong in wrongs:
        Path("wrong").write_bytes(wrong)
        with pytest.raises(KeyFileError):
            restore(Path("wrong"), PHRASE, Path("new.key"))
    assert not Path("new.key").exists()
    assert not Path("new.records").exists()


@pytest.mark.parametrize("change", ["drop", "swap", "end early"])
def test_pieces_that_are_moved_are_found_though_the_digest_fits(owner: Path, change: str) -> None:
    data = backed_up(owner).read_bytes()
    at = data.index(b"\n", data.index(b"records: ")) + 1
    head, rest, found = data[:at], data[at:-32], []
    while rest:
        length = 4 + int.from_bytes(rest[:4], "big")
        found.append(rest[:length])
        rest = rest[length:]
    assert len(found) > 3
    parts = {
        "drop": [found[0], *found[2:]],
        "swap": [found[1], found[0], *found[2:]],
        "end early": found[:-1],
    }[change]
    Path("wrong").write_bytes(b"".join(backup_pieces.with_digest([head, *parts])))
    with pytest.raises(CorruptKey):
        restore(Path("wrong"), PHRASE, Path("new.key"))
    assert sorted(path.name for path in Path().iterdir()) == ["home", "owner.backup", "wrong"]


def test_a_wrong_passphrase_is_told_from_damage(owner: Path) -> None:
    with pytest.raises(WrongPassphrase):
        restore(backed_up(owner), "wrong", Path("new.key"))


def test_versions_and_other_files_are_named(owner: Path) -> None:
    data = backed_up(owner).read_bytes()
    Path("newer").write_bytes(data.replace(b"backup/v1", b"backup/v2", 1))
    with pytest.raises(UnsupportedKeyVersion, match="another version: 2"):
        restore(Path("newer"), PHRASE, Path("new.key"))
    with pytest.raises(CorruptKey, match="not a backup"):
        restore(owner, PHRASE, Path("new.key"))
    with pytest.raises(KeyFileError, match="cannot be read"):
        restore(Path("none"), PHRASE, Path("new.key"))
    os.mkfifo("pipe")
    with pytest.raises(KeyFileError, match="a pipe"):
        restore(Path("pipe"), PHRASE, Path("new.key"))


def test_restoring_replaces_nothing(owner: Path) -> None:
    out = backed_up(owner)
    with pytest.raises(UsageError, match="exists already"):
        restore(out, PHRASE, owner)
    Path("new.records").mkdir()
    with pytest.raises(UsageError, match="records stand there"):
        restore(out, PHRASE, Path("new.key"))
    with pytest.raises(UsageError, match="exists already"):
        backed_up(owner)


def test_a_full_disk_leaves_neither_key_nor_records(owner: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = backed_up(owner)

    def full(*_: object, **__: object) -> None:
        raise KeyFileError("the key file cannot be written", value="no space left on device")

    monkeypatch.setattr(key_module.key_file, "write", full)
    with pytest.raises(KeyFileError, match="no space"):
        restore(out, PHRASE, Path("new.key"))
    assert sorted(path.name for path in Path().iterdir()) == ["home", "owner.backup"]

    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(WriteFailed, match="No space"):
        backed_up(owner, "second")
    assert sorted(path.name for path in Path().iterdir()) == ["home", "owner.backup"]


def test_the_commands(
    owner: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fingerprint = Key.load(owner).fingerprint
    monkeypatch.setenv(VARIABLE, PHRASE)
    assert run(["key", "backup", str(owner), "-o", "b"]) == 0
    assert run(["key", "restore", "b", "-o", "new.key"]) == 0
    assert Key.load("new.key").fingerprint == fingerprint
    monkeypatch.setenv(NEW_VARIABLE, "first")
    assert run(["key", "passphrase", "new.key"]) == 0
    monkeypatch.setenv(VARIABLE, "first")
    monkeypatch.setenv(NEW_VARIABLE, "second")
    assert run(["key", "passphrase", "new.key"]) == 0
    assert Key.load("new.key", "second").fingerprint == fingerprint
    assert describe("new.key").created == describe(owner).created
    assert run(["key", "passphrase", "new.key", "--remove"]) == 4
    monkeypatch.setenv(VARIABLE, "second")
    assert run(["key", "passphrase", "new.key", "--remove"]) == 0
    assert Key.load("new.key").fingerprint == fingerprint
    monkeypatch.setenv(NEW_VARIABLE, "")
    assert run(["key", "passphrase", "new.key"]) == 1
    assert "an empty passphrase" in capsys.readouterr().err


class Terminal(StringIO):
    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


def typed(lines: bytes, monkeypatch: pytest.MonkeyPatch, ask: Callable[[], str]) -> str | MasqueradeError:
    """What comes of a question at a terminal where these lines are typed."""
    monkeypatch.setattr("sys.stdin", Terminal())
    answers = iter(lines.split(b"\n"))

    def answer(_: object, **__: object) -> str:
        return next(answers).decode()

    monkeypatch.setattr("masquerade.cli.console.ask", answer)
    try:
        return ask()
    except MasqueradeError as error:
        return error


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (b"correct horse\ncorrect hrose\n", "differ"),
        (b"\n\n", "an empty passphrase"),
        (b"caf\xe9\ncaf\xe9\n", "no text in its encoding"),
    ],
)
def test_a_new_passphrase_is_asked_for_twice(
    lines: bytes, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert words in str(typed(lines, monkeypatch, new_passphrase))
    assert typed(b"one\none\n", monkeypatch, new_passphrase) == "one"


def test_without_a_terminal_a_new_passphrase_is_asked_of_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sys.stdin", StringIO())
    with pytest.raises(WrongPassphrase, match=NEW_VARIABLE):
        new_passphrase()


def test_the_guides_commands_run_as_they_stand(monkeypatch: pytest.MonkeyPatch) -> None:
    guide = (ROOT / "docs" / "guide" / "keys.md").read_text(encoding="utf-8")
    monkeypatch.setenv(NEW_VARIABLE, PHRASE)
    monkeypatch.setenv(VARIABLE, PHRASE)
    commands = [line.split()[2:] for line in guide.split("```")[1].strip().splitlines()]
    assert [command[1] for command in commands] == ["new", "passphrase", "backup", "restore", "show"]
    for command in commands:
        assert run(command) == 0, command
