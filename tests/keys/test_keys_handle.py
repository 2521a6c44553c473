"""A key file's handle: no secret in it, and the right key out of it, in any process."""

import copy
import pickle
from pathlib import Path

import pytest

from masquerade.cli.passphrase import VARIABLE
from masquerade.errors import KeyFileError, SecretLeakRefused, WrongKey, WrongPassphrase
from masquerade.keys import Key, KeyFile
from masquerade.keys.handle import PASSPHRASE_VARIABLE
from masquerade.keys.passphrase import CHEAPEST

SECRET = bytes(range(32))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    Key.from_secret(SECRET).save(tmp_path / "owner.key")
    return tmp_path / "owner.key"


def test_it_carries_path_and_fingerprint_alone(path: Path) -> None:
    handle = KeyFile(path)
    for again in (pickle.loads(pickle.dumps(handle)), copy.deepcopy(handle), copy.copy(handle)):  # noqa: S301
        assert again == handle
        assert hash(again) == hash(handle)
        assert again.load() == Key.from_secret(SECRET)
    sent = pickle.dumps(handle)
    assert SECRET not in sent
    assert path.read_bytes().split()[-1] not in sent
    assert handle.fingerprint in repr(handle)
    assert not hasattr(handle, "__dict__")


def test_a_relative_path_is_found_from_another_folder(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(path.parent)
    handle = KeyFile("owner.key")
    monkeypatch.chdir("/")
    assert handle.load() == Key.from_secret(SECRET)
    assert handle.path.is_absolute()


def test_another_key_in_the_file_is_refused(path: Path) -> None:
    handle = KeyFile(path)
    Key.generate().save(path, overwrite=True)
    with pytest.raises(WrongKey, match=handle.fingerprint):
        handle.load()


def test_a_file_that_is_gone_is_named(path: Path) -> None:
    handle = pickle.dumps(KeyFile(path))
    path.unlink()
    with pytest.raises(KeyFileError, match=r"owner\.key"):
        pickle.loads(handle).load()  # noqa: S301
    with pytest.raises(KeyFileError, match=r"owner\.key"):
        KeyFile(path)


def test_a_passphrase_comes_from_the_environment_and_is_in_no_pickle(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert PASSPHRASE_VARIABLE == VARIABLE
    Key.from_secret(SECRET).save(path, "open sesame", overwrite=True, cost=CHEAPEST)
    handle = KeyFile(path)
    monkeypatch.delenv(VARIABLE, raising=False)
    with pytest.raises(WrongPassphrase, match=VARIABLE):
        handle.load()
    monkeypatch.setenv(VARIABLE, "open barley")
    with pytest.raises(WrongPassphrase):
        handle.load()
    monkeypatch.setenv(VARIABLE, "open sesame")
    assert handle.load() == Key.from_secret(SECRET)
    assert b"sesame" not in pickle.dumps(handle)


def test_a_key_in_memory_says_what_to_send_instead() -> None:
    with pytest.raises(SecretLeakRefused, match=r"masquerade\.KeyFile\(path\)"):
        pickle.dumps(Key.generate())
