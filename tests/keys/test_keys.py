"""A key tells its fingerprint and nothing else, and cannot be copied."""

import copy
import dataclasses
import json
import pickle
from collections.abc import Callable

import pytest

from masquerade.errors import SecretLeakRefused, UsageError, WrongKey
from masquerade.keys import Key
from masquerade.keys.keystream import Keystream
from masquerade.keys.opaque import Opaque, Secret

KEY = Key.from_secret(bytes(range(32)))
HOLDERS = [KEY, KEY.stream("a"), Secret(bytes(32)), Keystream(Secret(bytes(32)))]


def test_generated_keys_differ() -> None:
    keys = [Key.generate() for _ in range(20)]
    assert len({key.fingerprint for key in keys}) == 20


def test_repr_shows_the_fingerprint_alone() -> None:
    shown = f"Key(fingerprint='{KEY.fingerprint}')"
    assert [repr(KEY), str(KEY), f"{KEY}", f"{KEY!r}", f"{KEY:>5}"] == [shown] * 5
    assert len(KEY.fingerprint) == 32
    assert repr([KEY.stream("noise")]) == "[KeyStream(purpose='noise')]"


@pytest.mark.parametrize("holder", HOLDERS, ids=lambda holder: type(holder).__name__)
@pytest.mark.parametrize(
    "leak",
    [
        pickle.dumps,
        copy.copy,
        copy.deepcopy,
        lambda holder: holder.__getstate__(),
        lambda holder: holder.__setstate__({}),
        lambda holder: holder.__reduce__(),
        lambda holder: holder.__reduce_ex__(4),
        lambda holder: copy.deepcopy({"owner": [holder]}),
        lambda holder: json.dumps(holder, default=lambda thing: thing.__getstate__()),
    ],
)
def test_no_copy_leaves(holder: Opaque, leak: Callable[[object], object]) -> None:
    with pytest.raises(SecretLeakRefused, match="cannot be copied"):
        leak(holder)


def test_dataclasses_cannot_spread_a_key() -> None:
    held = dataclasses.make_dataclass("Held", ["key"])(KEY)
    with pytest.raises(SecretLeakRefused):
        dataclasses.asdict(held)


@pytest.mark.parametrize("holder", HOLDERS, ids=lambda holder: type(holder).__name__)
@pytest.mark.parametrize("look", [vars, bytes, json.dumps, iter])
def test_nothing_else_gives_the_bytes(holder: Opaque, look: Callable[[object], object]) -> None:
    with pytest.raises(TypeError):
        look(holder)


def test_keys_have_no_hash() -> None:
    with pytest.raises(TypeError, match="unhashable"):
        hash(KEY)


def test_equal_keys_have_equal_bytes() -> None:
    assert Key.from_secret(bytes(range(32))) == KEY
    assert Key.from_secret(bytes(32)) != KEY
    assert bytes(range(32)) != KEY


@pytest.mark.parametrize("secret", [b"", bytes(31), bytes(33)])
def test_a_key_has_32_bytes(secret: bytes) -> None:
    with pytest.raises(UsageError, match="32 secret bytes"):
        Key.from_secret(secret)


def test_raw_bytes_are_not_taken_by_the_constructor() -> None:
    with pytest.raises(UsageError, match="envelope"):
        Key(bytes(32))


def test_uses_and_purposes_are_apart() -> None:
    found = [KEY.derive("a"), KEY.derive("b"), KEY.derive("a").derive("a"), KEY]
    assert len({key.fingerprint for key in found}) == 4
    words = [key.stream(purpose).integers(2**63, 2).tolist() for key in found for purpose in ("a", "b")]
    assert len({tuple(numbers) for numbers in words}) == 8
    assert KEY.derive("a") == KEY.derive("a")


@pytest.mark.parametrize("purpose", ["", "x" * 201, "line\n", "naïve", "\x00", "tab\t"])
@pytest.mark.parametrize("use", [Key.derive, Key.stream, lambda key, name: key.authenticate(name, b"")])
def test_purposes_are_short_ascii(use: Callable[[Key, str], object], purpose: str) -> None:
    with pytest.raises(UsageError, match="not a name for the use of a key"):
        use(KEY, purpose)


def test_authentication_depends_on_key_purpose_and_data() -> None:
    codes = {
        key.authenticate(purpose, data)
        for key in (KEY, KEY.derive("other"))
        for purpose in ("a", "b")
        for data in (b"", b"x")
    }
    assert len(codes) == 8
    assert {len(code) for code in codes} == {64}


def test_require_passes_its_own_fingerprint_and_names_both_otherwise() -> None:
    KEY.require(KEY.fingerprint, "manifest.json")
    other = Key.from_secret(bytes(32))
    with pytest.raises(WrongKey) as caught:
        other.require(KEY.fingerprint, "manifest.json")
    for part in (KEY.fingerprint, other.fingerprint, "manifest.json", "masquerade key show"):
        assert part in str(caught.value)
