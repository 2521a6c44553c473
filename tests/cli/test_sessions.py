"""The command line, as text files: commands, what they print, how they exit. None of them uses the network."""

import socket
from pathlib import Path

import pytest

from masquerade.cli.app import run
from masquerade.data import builtin
from offline import ReachedOut, offline
from session import Step, matches, steps

HERE = Path(__file__).parents[1] / "sessions"


@pytest.fixture(scope="module")
def faces(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("faces")
    builtin.write_folders(root / "photos")
    for person in sorted((root / "photos").iterdir())[6:]:
        for photo in person.iterdir():
            photo.unlink()
        person.rmdir()
    (root / "broken" / "ana").mkdir(parents=True)
    (root / "broken" / "ana" / "1.jpg").write_bytes(b"no picture")
    for person in sorted((root / "photos").iterdir())[:2]:
        target = root / "broken" / person.name
        target.mkdir()
        for photo in person.iterdir():
            (target / photo.name).write_bytes(photo.read_bytes())
    return root


@pytest.mark.parametrize("path", sorted(HERE.glob("*.txt")), ids=lambda path: path.stem)
def test_session(
    path: Path,
    faces: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("photos", "broken"):
        (tmp_path / name).symlink_to(faces / name)
    with offline():
        for step in steps(path):
            _check(step, path, capsys)


def _check(step: Step, path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert step.command[0] == "masquerade"
    code = run(step.command[1:])
    out, err = capsys.readouterr()
    where = f"{path.name}:{step.line}\n{out}\n{err}"
    assert code == step.code, where
    assert matches(step.expected, out + err), where


def test_a_session_that_expects_something_else_fails() -> None:
    assert not matches(["sound: other"], "sound: released\n")
    assert matches(["sound: …"], "sound: released\n")


def test_what_reaches_out_is_refused() -> None:
    with offline(), pytest.raises(ReachedOut):
        socket.getaddrinfo("localhost", 80)
    with offline(), socket.socket() as reaching, pytest.raises(ReachedOut):
        reaching.connect(("127.0.0.1", 9))
