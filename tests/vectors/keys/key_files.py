"""Key files for the vectors: sound ones, and each way to be wrong once."""

from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from masquerade.keys import Key, PassphraseCost
from masquerade.keys.key_text import KeyText, Protection, header, serialise
from masquerade.keys.opaque import Secret
from masquerade.keys.passphrase import CHEAPEST, enveloped, seal

SECRET = bytes(range(32))
OTHER = bytes(range(1, 33))
NAME = Key.from_secret(SECRET).fingerprint
SALT = bytes(range(16, 32))
WHEN = datetime(2026, 1, 31, 12, 0, 0, tzinfo=UTC)
PHRASE = "correct horse"


def vectors() -> list[dict[str, Any]]:
    """Name, text (one character a byte), passphrase, and the fingerprint or error that comes of it."""
    cases = [*_sound(), *_edited_as_text(), *_other_versions(), *_damaged(), *_malformed(), *_sealed()]
    return [
        {"name": name, "text": text.decode("latin-1"), "passphrase": phrase, "expected": expected}
        for name, text, phrase, expected in cases
    ]


Case = tuple[str, bytes, str | None, str]


def plain(created: datetime = WHEN) -> bytes:
    return serialise(KeyText(created, NAME, None, Secret(SECRET))).reveal()


def sealed(cost: PassphraseCost = CHEAPEST, phrase: str = PHRASE, inside: bytes = SECRET) -> bytes:
    protection = Protection(cost, SALT)
    envelope = enveloped(phrase)
    assert envelope is not None
    content = seal(Secret(inside), envelope, cost, SALT, header(WHEN, NAME, protection))
    return serialise(KeyText(WHEN, NAME, protection, content)).reveal()


def with_check(lines: bytes) -> bytes:
    return b"%scheck: %s\n" % (lines, sha256(lines).hexdigest().encode())


def edited(file: bytes, old: bytes, new: bytes) -> bytes:
    """A file with something replaced and its check line made to fit."""
    lines = file[: file.index(b"check: ")]
    assert lines.count(old) == 1
    return with_check(lines.replace(old, new))


def _sound() -> Iterator[Case]:
    yield "plain", plain(), None, NAME
    yield "plain, first year", plain(datetime(1, 1, 1, tzinfo=UTC)), None, NAME
    yield "plain, leap day", plain(datetime(2024, 2, 29, 23, 59, 59, tzinfo=UTC)), None, NAME
    yield "sealed", sealed(), PHRASE, NAME
    yield "sealed, two lanes, two passes", sealed(PassphraseCost(16, 2, 2)), PHRASE, NAME
    yield "sealed, composed letter", sealed(phrase="ma\u0308rz"), "m\u00e4rz", NAME
    yield "sealed, decomposed letter", sealed(phrase="m\u00e4rz"), "ma\u0308rz", NAME
    yield "sealed, spaces count", sealed(phrase=" a b "), " a b ", NAME
    yield "plain, needless passphrase", plain(), PHRASE, "UsageError"


def _edited_as_text() -> Iterator[Case]:
    """What editors and mail do to text changes no key."""
    file, mark = plain(), b"\xef\xbb\xbf"
    other_ends = file.replace(b"\n", b"\r\n")
    yield "newline too many", file + b"\n", None, NAME
    yield "line ends of another system", other_ends, None, NAME
    yield "byte order mark", mark + file, None, NAME
    yield "byte order mark, other line ends, newlines too many", mark + other_ends + b"\r\n\r\n", None, NAME


def _other_versions() -> Iterator[Case]:
    for version, expected in (
        (b"2", "UnsupportedKeyVersion"),
        (b"10", "UnsupportedKeyVersion"),
        (b"999999999", "UnsupportedKeyVersion"),
        (b"0", "CorruptKey"),
        (b"01", "CorruptKey"),
        (b"1.0", "CorruptKey"),
        (b"9999999999", "CorruptKey"),
    ):
        yield f"version {version.decode()}", edited(plain(), b"/v1\n", b"/v%s\n" % version), None, expected


def _damaged() -> Iterator[Case]:
    file = plain()
    wrongs = {
        "empty": b"",
        "newline alone": b"\n",
        "first line alone": b"masquerade-key/v1\n",
        "no check line": file[: file.index(b"check: ")],
        "cut in the secret": file[: file.index(b"secret: ") + 20],
        "no last newline": file[:-1],
        "twice": file + file,
        "check in capitals": file[:-65] + file[-65:].upper(),
        "another check": file[:-65] + b"0" * 64 + b"\n",
        "secret changed": file.replace(b"secret: 00", b"secret: 01"),
        "line ends of two systems": file.replace(b"\n", b"\r\n", 2),
        "two byte order marks": b"\xef\xbb\xbf" * 2 + file,
        "a blank at the end": file + b" \n",
        "not text": bytes(range(256)),
        "a PEM file": b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
        "too long": file[: file.index(b"check: ")] + b"#" * 5000,
    }
    for name, content in wrongs.items():
        yield f"damaged: {name}", content, None, "CorruptKey"


def _malformed() -> Iterator[Case]:
    digits = SECRET.hex().encode()
    edits = {
        "secret in capitals": (digits, digits.upper()),
        "secret of 31 bytes": (digits, digits[2:]),
        "secret of 33 bytes": (digits, digits + b"00"),
        "secret of 48 bytes": (digits, digits + b"00" * 16),
        "secret of another key": (digits, OTHER.hex().encode()),
        "another fingerprint": (NAME.encode(), b"0" * 32),
        "fingerprint cut": (NAME.encode(), NAME.encode()[:-2]),
        "30 February": (b"2026-01-31", b"2026-02-30"),
        "hour 24": (b"T12:", b"T24:"),
        "year zero": (b"2026-", b"0000-"),
        "another time zone": (b"Z\n", b"+00:00\n"),
        "fractions of a second": (b"Z\n", b".5Z\n"),
        "two spaces": (b"created: ", b"created:  "),
        "tab": (b"created: ", b"created:\t"),
        "space at the end": (b"none\n", b"none \n"),
        "unknown protection": (b"none\n", b"scrypt\n"),
        "no protection line": (b"protection: none\n", b""),
        "line twice": (b"protection: none\n", b"protection: none\nprotection: none\n"),
        "line too many": (b"secret: ", b"comment: mine\nsecret: "),
        "no created line": (b"created: 2026-01-31T12:00:00Z\n", b""),
        "digits of another script": (b"2026", "٢٠٢٦".encode()),
    }
    for name, (old, new) in edits.items():
        yield f"malformed: {name}", edited(plain(), old, new), None, "CorruptKey"


def _sealed() -> Iterator[Case]:
    file = sealed()
    yield "sealed: no passphrase", file, None, "WrongPassphrase"
    yield "sealed: other case", file, PHRASE.title(), "WrongPassphrase"
    yield "sealed: space added", file, PHRASE + " ", "WrongPassphrase"
    yield "sealed: time changed", edited(file, b"T12:", b"T13:"), PHRASE, "WrongPassphrase"
    yield "sealed: salt changed", edited(file, b"salt=10", b"salt=11"), PHRASE, "WrongPassphrase"
    yield "sealed: fingerprint changed", edited(file, NAME.encode(), b"0" * 32), PHRASE, "WrongPassphrase"
    yield "sealed: passes changed", edited(file, b"passes=1", b"passes=2"), PHRASE, "WrongPassphrase"
    yield "sealed: another key inside", sealed(inside=OTHER), PHRASE, "CorruptKey"
    cost = b"memory_kib=8 passes=1 lanes=1"
    for name, changed, expected in (
        ("a KiB above 1 GiB", b"memory_kib=1048577 passes=1 lanes=1", "KeyCostRefused"),
        ("64 TiB", b"memory_kib=68719476736 passes=3 lanes=4", "KeyCostRefused"),
        ("2000 digits", b"memory_kib=" + b"9" * 2000 + b" passes=1 lanes=1", "KeyCostRefused"),
        ("17 passes", b"memory_kib=8 passes=17 lanes=1", "KeyCostRefused"),
        ("17 lanes", b"memory_kib=1024 passes=1 lanes=17", "KeyCostRefused"),
        ("too little for its lanes", b"memory_kib=15 passes=1 lanes=2", "CorruptKey"),
        ("no passes", b"memory_kib=8 passes=0 lanes=1", "CorruptKey"),
        ("leading zero", b"memory_kib=08 passes=1 lanes=1", "CorruptKey"),
        ("sign", b"memory_kib=+8 passes=1 lanes=1", "CorruptKey"),
        ("another order", b"passes=1 memory_kib=8 lanes=1", "CorruptKey"),
    ):
        yield f"sealed: {name}", edited(file, cost, changed), PHRASE, expected
