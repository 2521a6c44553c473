"""Every command that writes: nothing is replaced that it has not written, and it is found before the work.

The inputs of these commands do not exist: whatever a command says of its output it says before it looks at them.
"""

import inspect
import os
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

from masquerade.cli.app import COMMANDS, run
from masquerade.cli.lazy import every
from masquerade.files.kinds import KEPT, Kind, kind_of
from masquerade.files.tensors import packed
from masquerade.keys import Key

FILES: dict[str, str] = {
    "train": "train nothing -o {}",
    "pretrain": "pretrain nothing -o {}",
    "encoder train": "encoder train nothing --attributes nothing.csv -o {}",
    "encoder answers": "encoder answers nothing -o {}",
    "encoder bank": "encoder bank nothing -o {}",
    "encoder edge": "encoder edge --answers nothing -o {}",
    "generator train": "generator train nothing -o {}",
    "psp train": "psp train nothing -o {}",
    "obfuscate": "obfuscate nothing -g nothing -o {}",
    "enrol": "enrol nothing nothing -k nothing -o {}",
    "embed": "embed nothing nothing -k nothing -o {}.npz",
    "predict --enrol": "predict nothing nothing -k nothing --enrol {}",
    "predict --embed": "predict nothing nothing -k nothing --embed {}.npz",
    "masknet new": "masknet new -k owner.key -o {}",
    "psp backup": "psp backup {} -k nothing",
    "psp invite": "psp invite -k nothing --url https://psp.example --qr {}.svg",
    "masknet join": "masknet join http://127.0.0.1:1 code -o {}",
    "key new": "key new {}",
    "key backup": "key backup nothing -o {}",
    "key restore": "key restore nothing -o {}",
    "recogniser fit": "recogniser fit nothing -o {}",
    "sealed probe": "sealed probe nothing nothing -o {}",
    "sealed match": "sealed match nothing nothing -o {}",
}
FOLDERS: dict[str, str] = {
    "distil": "distil nothing --encoder patches -o {}",
    "disguise": "disguise nothing -k nothing -o {}",
    "craft": "craft nothing -k nothing -o {}",
    "cloak": "cloak nothing --method one-pass -m nothing -o {}",
    "audit": "audit nothing -o {}",
    "study run": "study run nothing -o {}",
    "study page": "study page nothing -o {}",
    "leaderboard": "leaderboard nothing -o {}",
    "export": "export nothing --to npz -o {}",
    "demo": "demo -o {}",
    "sealed new": "sealed new nothing -o {}",
}
WITHIN = {
    "distil": ["generator.safetensors", "recogniser.safetensors"],
    "audit": ["report.json", "summary.json", "report.md", "report.html"],
    "study run": ["report.json", "summary.json", "report.md", "report.html"],
    "study page": ["report.json", "summary.json", "report.md", "report.html"],
    "leaderboard": ["index.html"],
}
"""Files in folders, which are written under names of their own."""
TO_REPLACE = set(FILES) - {"psp backup", "psp invite", "masknet join", "key backup", "key restore"}
"""Commands with --overwrite."""
OWN = {
    "key new": Kind.KEY,
    "key restore": Kind.KEY,
    "key backup": Kind.BACKUP,
    "masknet new": Kind.MASKNET,
    "masknet join": Kind.MASKNET,
    "psp backup": Kind.DATABASE,
}
"""What they keep for good: an earlier one is not replaced by the next."""
NO_PLACE = ["/proc/self/new/file", "/dev/null/file", "file/below", "loop/file", "n" * 300]


def a_file_of(kind: Kind) -> bytes:
    """The beginning of such a file."""
    match kind:
        case Kind.KEY:
            return b"masquerade-key/v1\nand so on\n"
        case Kind.BACKUP:
            return b"masquerade-backup/v1\nand so on\n"
        case Kind.DATABASE:
            return b"SQLite format 3\x00" + bytes(100)
        case Kind.RECORDS:
            return b'{\n "version": 1,\n "dataset_id": "0", "people": []\n}'
        case Kind.ACCOUNT:
            return b'{"url": "https://psp.example", "token": "x"}'
        case Kind.MASKNET:
            return packed({}, "masquerade.masknet", "{}")
        case Kind.REGISTER:
            return packed({}, "masquerade.issued", "{}")
    raise AssertionError(kind)


PRECIOUS = sorted(KEPT - {Kind.CLOSED, Kind.SPECIAL, Kind.FOLDER})


@pytest.fixture(autouse=True)
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Key.from_secret(bytes(32)).save(tmp_path / "owner.key")
    (tmp_path / "file").write_text("a file")
    (tmp_path / "loop").symlink_to("loop")
    return tmp_path


def tree(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


def refused(words: str, place: str, *more: str) -> None:
    before = tree(Path())
    code = run([*words.format(place).split(), *more])
    assert code == 1, f"exit {code}"
    assert tree(Path()) == before


def named(words: str, place: str) -> Path:
    """The file that a command writes, whose ending some commands want."""
    return Path(next(word for word in words.format(place).split() if word.startswith(place)))


@pytest.mark.parametrize("kind", PRECIOUS)
@pytest.mark.parametrize("name", FILES)
def test_what_cannot_be_had_again_is_never_replaced(
    name: str, kind: Kind, capsys: pytest.CaptureFixture[str]
) -> None:
    named(FILES[name], "there").write_bytes(a_file_of(kind))
    refused(FILES[name], "there")
    said = capsys.readouterr().err
    if OWN.get(name) is kind:
        assert "exists already" in said
        return
    assert f"{kind} stands there" in said
    if name in TO_REPLACE:
        refused(FILES[name], "there", "--overwrite")


@pytest.mark.parametrize("name", FILES)
def test_a_file_of_somebody_elses_is_not_replaced_unasked(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    named(FILES[name], "thesis").write_text("years of work")
    refused(FILES[name], "thesis")
    assert "thesis" in capsys.readouterr().err


@pytest.mark.parametrize("name", sorted(TO_REPLACE - {"key new", "masknet new"}))
def test_it_is_replaced_if_asked(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    named(FILES[name], "thesis").write_text("years of work")
    assert run([*FILES[name].format("thesis").split(), "--overwrite"]) != 0
    assert "stands there" not in capsys.readouterr().err  # but that there is no input


@pytest.mark.parametrize("make", [Path.mkdir, lambda path: path.symlink_to("elsewhere"), os.mkfifo])
@pytest.mark.parametrize("name", FILES)
def test_folders_links_and_pipes_are_not_replaced(
    name: str, make: Callable[[Path], None], capsys: pytest.CaptureFixture[str]
) -> None:
    make(named(FILES[name], "there"))
    refused(FILES[name], "there")
    assert "there" in capsys.readouterr().err
    assert not Path("elsewhere").exists()


@pytest.mark.parametrize("place", NO_PLACE)
@pytest.mark.parametrize("name", [*FILES, *FOLDERS])
def test_a_name_that_cannot_be_written_is_found_before_the_work(
    name: str, place: str, capsys: pytest.CaptureFixture[str]
) -> None:
    words = (FILES | FOLDERS)[name]
    before = tree(Path())
    assert run(words.format(place).split()) in (1, 2)
    assert tree(Path()) == before
    said = capsys.readouterr().err
    assert place[:20] in said, said
    assert "Traceback" not in said


@pytest.mark.parametrize("name", FOLDERS)
def test_a_file_where_a_folder_is_wanted_is_left(name: str) -> None:
    Path("there").write_bytes(a_file_of(Kind.KEY))
    refused(FOLDERS[name], "there")
    refused(FOLDERS[name], "there", "--overwrite")


@pytest.mark.parametrize(
    ("name", "inner"), [(name, file) for name, files in WITHIN.items() for file in files]
)
def test_files_in_a_folder_are_looked_at_too(name: str, inner: str) -> None:
    Path("there").mkdir()
    Path("there", inner).write_bytes(a_file_of(Kind.KEY))
    refused(FOLDERS[name], "there", "--overwrite")
    Path("there", inner).write_text("years of work")
    refused(FOLDERS[name], "there")


def test_a_demo_removes_no_folder_with_anything_else_in_it() -> None:
    for name in ("owner.key", "photos", "thesis"):
        Path("there", name).mkdir(parents=True)
    assert run(["demo", "-o", "there", "--overwrite"]) == 1
    assert Path("there/thesis").exists()


def test_a_checkpoint_of_somebody_elses_is_not_discarded() -> None:
    key = a_file_of(Kind.KEY)
    Path("model.checkpoint").write_bytes(key)
    refused(FILES["train"], "model", "--no-resume", "--overwrite")


def test_a_report_is_replaced_by_a_report(capsys: pytest.CaptureFixture[str]) -> None:
    Path("there").mkdir()
    Path("there/report.json").write_text('{"format": "masquerade-report"}')
    Path("there/report.md").write_text("# Report")
    assert run(["audit", "nothing", "-o", "there"]) == 1
    assert "stands there" not in capsys.readouterr().err


def test_vectors_are_known_again() -> None:
    np.savez("v.npz", photos=np.zeros(1), vectors=np.zeros(1))
    assert kind_of(Path("v.npz")) is Kind.VECTORS
    np.savez("v.npz", photos=np.zeros(1))
    assert kind_of(Path("v.npz")) is Kind.OTHER


def outputs() -> Iterator[str]:
    """Every option of every command that names something to write."""
    for name, each in every(COMMANDS):
        module, function = each.place.split(":")
        known = inspect.signature(
            getattr(import_module(f"masquerade.cli.commands.{module}"), function)
        ).parameters
        if "out" in known:
            yield name
        for option in {"enrol", "embed", "qr"} & set(known):
            yield f"{name} --{option}" if option != "qr" else name


def test_no_command_is_left_out() -> None:
    assert set(outputs()) | {"key new"} == {*FILES, *FOLDERS}
