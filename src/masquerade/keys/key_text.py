"""The text of a key file, version 1: one way to write each key, and nothing else is read.

::

    masquerade-key/v1
    created: 2026-01-31T12:00:00Z
    fingerprint: 32 hexadecimal digits
    protection: none
    secret: 64 hexadecimal digits
    check: SHA-256 of all lines above, 64 hexadecimal digits

Under a passphrase, ``protection: argon2id memory_kib=65536 passes=3 lanes=4 salt=<32 digits>`` and a sealed
secret of 96 digits. Digits are lower-case, numbers have no leading zeros, and each line ends in a newline.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Final

from masquerade.errors import CorruptKey, UnsupportedKeyVersion, UsageError
from masquerade.keys.opaque import Secret
from masquerade.keys.passphrase import PassphraseCost

_FIRST_LINE: Final = re.compile(rb"masquerade-key/v([1-9][0-9]{0,8})\n")
_NUMBER: Final = rb"([1-9][0-9]*)"
_HEADER: Final = re.compile(
    rb"masquerade-key/v1\n"
    rb"created: ([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})Z\n"
    rb"fingerprint: ([0-9a-f]{32})\n"
    rb"protection: (?:none|argon2id "
    rb"memory_kib=" + _NUMBER + rb" passes=" + _NUMBER + rb" lanes=" + _NUMBER + rb" salt=([0-9a-f]{32}))\n"
)
_SECRET: Final = re.compile(rb"secret: (?:[0-9a-f]{64}|[0-9a-f]{96})\n")
_FINGERPRINT: Final = re.compile(rb"\nfingerprint: ([0-9a-f]{32})\n")
_MARK: Final = b"\xef\xbb\xbf"
_CHECK_BYTES: Final = len("check: ") + 64 + len("\n")
_RESTORE: Final = (
    "Restore it from a copy or a backup (`masquerade key restore`); a damaged key cannot be repaired."
)


@dataclass(frozen=True)
class Protection:
    """How a key file's secret is sealed.

    Args:
        cost: What opening it costs.
        salt: 16 bytes.
    """

    cost: PassphraseCost
    salt: bytes


@dataclass(frozen=True)
class KeyText:
    """What a key file says.

    Args:
        created: When it was written, UTC, whole seconds.
        fingerprint: Fingerprint of the key, 32 hexadecimal digits.
        protection: How the secret is sealed; None if it is not.
        secret: 32 bytes, or 48 sealed ones.
    """

    created: datetime
    fingerprint: str
    protection: Protection | None
    secret: Secret


def in_whole_seconds(moment: datetime) -> datetime:
    """The moment in UTC, cut to seconds, as a key file can state it.

    Raises:
        UsageError: If it has no time zone.
    """
    if moment.tzinfo is None:
        raise UsageError("a time without a time zone", value=moment, remedy="Give datetime.now(UTC), say.")
    return moment.astimezone(UTC).replace(microsecond=0)


def header(created: datetime, fingerprint: str, protection: Protection | None) -> bytes:
    """The lines above the secret, which the seal covers too."""
    how = "none" if protection is None else f"argon2id {protection.cost} salt={protection.salt.hex()}"
    when = created.replace(tzinfo=None).isoformat(timespec="seconds")
    return (f"masquerade-key/v1\ncreated: {when}Z\nfingerprint: {fingerprint}\nprotection: {how}\n").encode(
        "ascii"
    )


def serialise(text: KeyText) -> Secret:
    """The bytes of the key file."""
    top = header(text.created, text.fingerprint, text.protection)
    lines = Secret(b"%ssecret: %s\n" % (top, text.secret.reveal().hex().encode("ascii")))
    return Secret(b"%scheck: %s\n" % (lines.reveal(), _check(lines)))


def parse(content: Secret, place: object) -> KeyText:
    """Read the bytes of a key file; whatever is read is what ``serialise`` would write.

    But for what editors and mail do to text: a byte-order mark, lines that end in CR LF, empty lines at the end.

    Args:
        content: All bytes of the file.
        place: The file, for messages.

    Raises:
        UnsupportedKeyVersion: If it is of another version.
        CorruptKey: If it is not a key file, damaged or cut short.
    """
    content = _plain(content)
    _require_version_1(content, place)
    lines = Secret(content.reveal()[:-_CHECK_BYTES])
    if content.reveal()[-_CHECK_BYTES:] != b"check: %s\n" % _check(lines):
        raise CorruptKey(
            "damaged or cut short: its check line does not fit",
            value=_clue(lines),
            place=place,
            remedy=_RESTORE,
        )
    top = _HEADER.match(lines.reveal())
    secret = top and _secret(lines, top.end())
    if not top or not secret or (len(secret) == 32) is not (top[6] is None):
        raise _not_in_form(place)
    return KeyText(_moment(top[1], place), top[2].decode("ascii"), _protection(top), secret)


def _plain(content: Secret) -> Secret:
    plain = Secret(content.reveal().removeprefix(_MARK))
    if plain.reveal().count(b"\n") == plain.reveal().count(b"\r\n"):
        plain = Secret(plain.reveal().replace(b"\r\n", b"\n"))
    if plain.reveal().endswith(b"\n"):
        plain = Secret(plain.reveal().rstrip(b"\n") + b"\n")
    return plain


def _clue(lines: Secret) -> str | None:
    """Which key it was, as far as can be read."""
    found = _FINGERPRINT.search(lines.reveal())
    return None if found is None else f"it names the key {found[1].decode('ascii')}"


def _protection(top: re.Match[bytes]) -> Protection | None:
    if top[6] is None:
        return None
    cost = PassphraseCost(int(top[3]), int(top[4]), int(top[5]))
    return Protection(cost, bytes.fromhex(top[6].decode("ascii")))


def _secret(lines: Secret, start: int) -> Secret | None:
    if not _SECRET.fullmatch(lines.reveal(), start):  # not kept: a match prints what it has matched
        return None
    return Secret(bytes.fromhex(lines.reveal()[start + len("secret: ") : -1].decode("ascii")))


def _require_version_1(content: Secret, place: object) -> None:
    first = _FIRST_LINE.match(content.reveal())
    if first is None:
        raise CorruptKey("not a key file, or its first line is damaged", place=place, remedy=_RESTORE)
    if first[1] != b"1":
        raise UnsupportedKeyVersion(
            "a key file of another version",
            value=first[1].decode("ascii"),
            place=place,
            remedy="This release reads version 1; install a newer one.",
        )


def _moment(written: bytes, place: object) -> datetime:
    stated = written.decode("ascii")
    try:
        moment = datetime.fromisoformat(stated)
    except ValueError:
        raise _not_in_form(place) from None
    if moment.isoformat() != stated:  # some releases of Python read 24:00:00 as the next day
        raise _not_in_form(place)
    return moment.replace(tzinfo=UTC)


def _not_in_form(place: object) -> CorruptKey:
    return CorruptKey("its lines are not in the form of a key file", place=place, remedy=_RESTORE)


def _check(lines: Secret) -> bytes:
    return sha256(lines.reveal()).hexdigest().encode("ascii")
