"""A key whose bytes we know goes through the whole command line, with failures; its bytes must turn up nowhere."""

import base64
import logging
from pathlib import Path

import pytest

from masquerade.cli.app import run
from masquerade.data import builtin
from masquerade.keys import Key

SECRET = bytes(range(101, 133))
FORMS = {
    "raw": SECRET,
    "hex": SECRET.hex().encode(),
    "HEX": SECRET.hex().upper().encode(),
    "base64": base64.b64encode(SECRET).rstrip(b"="),
    "base64url": base64.urlsafe_b64encode(SECRET).rstrip(b"="),
    "list": ", ".join(map(str, SECRET[:12])).encode(),
    "repr": repr(SECRET)[2:-1].encode(),
    "half": SECRET[:16],
    "half hex": SECRET[:16].hex().encode(),
}


def leaks(data: bytes) -> list[str]:
    """Names of the forms in which the secret stands in ``data``."""
    return [name for name, form in FORMS.items() if form in data]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    builtin.write_folders(tmp_path / "photos")
    for person in sorted((tmp_path / "photos").iterdir())[3:]:
        for photo in person.iterdir():
            photo.unlink()
        person.rmdir()
    Key.from_secret(SECRET).save(tmp_path / "owner.key")
    return tmp_path


def test_the_scan_finds_every_form() -> None:
    for name, form in FORMS.items():
        assert name in leaks(b"before" + form + b"after")


def test_the_key_shows_nowhere(
    home: Path, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    commands = [
        "key show owner.key",
        "disguise photos -o released --key owner.key --accept-broken",
        "disguise photos -o paper --key owner.key --recipe dn-lfw",
        "disguise photos -o paper --key owner.key --recipe dn-lfw --accept-broken",
        "verify released",
        "train released -o model.safetensors",
        "identify model.safetensors photos --key owner.key",
        "identify model.safetensors nowhere --key owner.key",
        "identify released/manifest.json photos --key owner.key",
        "disguise photos -o photos --key owner.key --overwrite",
    ]
    codes = [run(command.split()) for command in commands]
    assert codes == [0, 0, 1, 0, 0, 0, 0, 1, 4, 1]
    out, err = capsys.readouterr()
    assert not leaks((out + err + caplog.text).encode())
    files = [path for path in home.rglob("*") if path.is_file() and path != home / "owner.key"]
    assert {"manifest.json", "model.safetensors"} <= {path.name for path in files}
    assert not {str(path): found for path in files if (found := leaks(path.read_bytes()))}


def test_the_key_file_itself_would_be_found(home: Path) -> None:
    assert leaks((home / "owner.key").read_bytes())


def test_nothing_of_the_owner_is_released(home: Path) -> None:
    (home / "photos").rename(home / "holidays")
    assert run(["disguise", "holidays", "-o", "released", "--key", "owner.key", "--accept-broken"]) == 0
    for path in (home / "released").rglob("*"):
        data = path.read_bytes()
        for person in (home / "holidays").iterdir():
            for photo in person.iterdir():
                assert f"{person.name}/{photo.name}".encode() not in data
            assert f'"{person.name}"'.encode() not in data
        assert b"holidays" not in data
