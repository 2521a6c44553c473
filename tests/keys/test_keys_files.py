"""Key files are written whole and privately, and read only if every bit is right."""

import errno
import os
import stat
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from masquerade.errors import (
    CorruptKey,
    ExposedKey,
    KeyCostRefused,
    KeyFileError,
    UsageError,
    WrongPassphrase,
)
from masquerade.keys import Key, KeyFacts, PassphraseCost, describe, passphrase
from masquerade.keys.key_text import KeyText, Protection, parse, serialise
from masquerade.keys.opaque import Secret
from masquerade.keys.passphrase import CHEAPEST

KEY = Key.from_secret(bytes(range(32)))
WHEN = datetime(2026, 1, 31, 12, 0, 0, tzinfo=UTC)


def placed(path: Path, content: bytes, mode: int = 0o600) -> Path:
    path.unlink(missing_ok=True)
    path.touch(mode)
    path.write_bytes(content)
    return path


def saved(path: Path, phrase: str | None = None) -> bytes:
    KEY.save(path, phrase, created=WHEN, cost=CHEAPEST)
    return path.read_bytes()


@pytest.mark.parametrize("phrase", [None, "correct horse", "märz 🐎"])
def test_a_saved_key_comes_back(tmp_path: Path, phrase: str | None) -> None:
    path = tmp_path / "owner.key"
    saved(path, phrase)
    assert Key.load(path, phrase) == KEY
    assert Key.load(str(path), phrase).fingerprint == KEY.fingerprint
    assert describe(path) == KeyFacts(KEY.fingerprint, WHEN, phrase is not None)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [entry.name for entry in tmp_path.iterdir()] == ["owner.key"]


def test_the_default_cost_is_at_least_64_mib_and_three_passes(tmp_path: Path) -> None:
    KEY.save(tmp_path / "owner.key", "phrase")
    cost = parse(Secret((tmp_path / "owner.key").read_bytes()), "place").protection.cost
    assert cost.memory_kib >= 64 * 1024
    assert cost.passes >= 3


def test_each_sealed_file_has_its_own_salt(tmp_path: Path) -> None:
    assert saved(tmp_path / "a.key", "phrase") != saved(tmp_path / "b.key", "phrase")


def test_the_stated_time_is_utc(tmp_path: Path) -> None:
    summer = datetime(2026, 7, 1, 1, 30, 0, 999, tzinfo=timezone(timedelta(hours=2)))
    KEY.save(tmp_path / "a.key", created=summer)
    assert describe(tmp_path / "a.key").created == datetime(2026, 6, 30, 23, 30, tzinfo=UTC)
    with pytest.raises(UsageError, match="time zone"):
        KEY.save(tmp_path / "b.key", created=datetime(2026, 7, 1))  # noqa: DTZ001, RUF100


@pytest.mark.parametrize("phrase", [None, "correct horse"])
def test_every_flipped_bit_and_every_cut_is_refused(tmp_path: Path, phrase: str | None) -> None:
    path = tmp_path / "owner.key"
    content = saved(path, phrase)
    wrongs = [content[:length] for length in range(len(content))]
    for bit in range(8 * len(content)):
        flipped = bytearray(content)
        flipped[bit // 8] ^= 1 << bit % 8
        wrongs.append(bytes(flipped))
    for wrong in wrongs:
        path.write_bytes(wrong)
        with pytest.raises(KeyFileError):
            Key.load(path, phrase)
        with pytest.raises(KeyFileError):
            describe(path)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o602, 0o610, 0o644, 0o666])
def test_a_file_that_others_can_use_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "owner.key"
    saved(path)
    path.chmod(mode)
    for read in (Key.load, describe):
        with pytest.raises(ExposedKey, match=f"chmod 600 {path}"):
            read(path)
    path.chmod(0o400)
    assert Key.load(path) == KEY


def test_what_is_no_key_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(KeyFileError, match="no such file"):
        Key.load(tmp_path / "missing.key")
    with pytest.raises(KeyFileError, match="not a file"):
        Key.load(tmp_path)
    os.mkfifo(tmp_path / "pipe", 0o600)
    with pytest.raises(KeyFileError, match="not a file"):
        Key.load(tmp_path / "pipe")
    for content in (b"", bytes(range(256)), b"\x89PNG\r\n" * 100):
        with pytest.raises(CorruptKey, match="not a key"):
            Key.load(placed(tmp_path / "odd", content))
    with pytest.raises(CorruptKey, match="too long"):
        Key.load(placed(tmp_path / "long", b"x" * 10**6))


def test_passphrases_are_asked_for_when_needed_alone(tmp_path: Path) -> None:
    saved(tmp_path / "sealed.key", "right")
    saved(tmp_path / "plain.key")
    with pytest.raises(WrongPassphrase, match="needs a passphrase"):
        Key.load(tmp_path / "sealed.key")
    with pytest.raises(WrongPassphrase, match="does not open"):
        Key.load(tmp_path / "sealed.key", "wrong")
    with pytest.raises(UsageError, match="needs no passphrase"):
        Key.load(tmp_path / "plain.key", "right")
    with pytest.raises(UsageError, match="empty passphrase"):
        saved(tmp_path / "new.key", "")
    assert not (tmp_path / "new.key").exists()


COSTLY = [PassphraseCost(2**20 + 1, 1, 1), PassphraseCost(8, 17, 1), PassphraseCost(1024, 1, 17)]


@pytest.mark.parametrize("cost", [*COSTLY, PassphraseCost(10**1000, 1, 1)], ids=lambda cost: str(cost)[:30])
def test_excessive_cost_is_refused_before_any_of_it_is_spent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cost: PassphraseCost
) -> None:
    monkeypatch.setattr(passphrase, "Argon2id", lambda **_: pytest.fail("work was done"))
    text = KeyText(WHEN, KEY.fingerprint, Protection(cost, bytes(16)), Secret(bytes(48)))
    path = placed(tmp_path / "owner.key", serialise(text).reveal())
    with pytest.raises(KeyCostRefused, match="cost too much"):
        Key.load(path, "phrase")
    with pytest.raises(KeyCostRefused):
        KEY.save(tmp_path / "new.key", "phrase", cost=cost)
    assert describe(path).protected


def test_an_existing_file_stays_unless_asked(tmp_path: Path) -> None:
    path = tmp_path / "owner.key"
    before = saved(path)
    with pytest.raises(UsageError, match="exists already"):
        Key.generate().save(path)
    assert path.read_bytes() == before
    other = Key.generate()
    other.save(path, overwrite=True)
    assert Key.load(path) == other
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize("call", ["fsync", "link", "fchmod", "open"])
@pytest.mark.parametrize("exists", [False, True])
def test_a_failed_write_leaves_all_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, exists: bool
) -> None:
    path = tmp_path / "owner.key"
    before = saved(path) if exists else None

    def fail(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "replace" if exists and call == "link" else call, fail)
    with pytest.raises(KeyFileError, match="no space left"):
        Key.generate().save(path, overwrite=exists)
    monkeypatch.undo()
    assert [entry.read_bytes() for entry in tmp_path.iterdir()] == ([before] if exists else [])


def test_the_file_is_private_and_elsewhere_until_it_is_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []
    sync = os.fsync

    def watch(descriptor: int) -> None:
        seen.append([(entry.name, stat.S_IMODE(entry.stat().st_mode)) for entry in tmp_path.iterdir()])
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", watch)
    monkeypatch.setattr(os, "open", private_at_once(os.open))
    before = os.umask(0)
    try:
        saved(tmp_path / "owner.key")
    finally:
        os.umask(before)
    ((draft, mode),) = seen[0]
    assert (draft.startswith(".masquerade-"), mode) == (True, 0o600)


def private_at_once(real: Callable[..., int]) -> Callable[..., int]:
    def opened(path: Path, flags: int, *mode: int, **options: object) -> int:
        descriptor = real(path, flags, *mode, **options)
        assert stat.S_ISDIR(os.fstat(descriptor).st_mode) or not os.fstat(descriptor).st_mode & 0o077
        return descriptor

    return opened


TEXTS = st.builds(
    KeyText,
    st.datetimes(timezones=st.just(UTC)).map(lambda moment: moment.replace(microsecond=0)),
    st.binary(min_size=16, max_size=16).map(bytes.hex),
    st.none(),
    st.binary(min_size=32, max_size=32).map(Secret),
)
COSTS = st.builds(PassphraseCost, *[st.integers(1, 2**70)] * 3)
SEALED = st.builds(
    KeyText,
    st.just(WHEN),
    st.just("0" * 32),
    st.builds(Protection, COSTS, st.binary(min_size=16, max_size=16)),
    st.binary(min_size=48, max_size=48).map(Secret),
)


def content_of(text: KeyText) -> tuple[object, ...]:
    return (text.created, text.fingerprint, text.protection, text.secret.reveal())


@given(TEXTS | SEALED)
def test_what_is_written_is_read(text: KeyText) -> None:
    assert content_of(parse(serialise(text), "place")) == content_of(text)


def signed(lines: bytes) -> bytes:
    return lines + f"check: {sha256(lines).hexdigest()}\n".encode()


@given(TEXTS | SEALED, st.data())
def test_what_is_read_has_one_way_to_be_written(text: KeyText, data: st.DataObject) -> None:
    content = serialise(text).reveal()
    lines = bytearray(content[: content.index(b"check: ")])
    for _ in range(data.draw(st.integers(0, 3))):
        start = data.draw(st.integers(0, len(lines)))
        cut = data.draw(st.integers(0, 3))
        lines[start : start + cut] = data.draw(
            st.text("0123456789abcdefAF :=TZ\n\r\t+v-", max_size=3)
        ).encode()
    try:
        read = parse(Secret(signed(bytes(lines))), "place")
    except KeyFileError:
        return
    assert serialise(read).reveal() == signed(bytes(lines))
