"""The bytes of a backup: a locked key, and records in sealed pieces, none of which can be left out, moved or added."""

import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from secrets import token_hex
from typing import BinaryIO, Final, final

from masquerade.errors import CorruptKey, KeyFileError, UnsupportedKeyVersion
from masquerade.files.opening import open_file
from masquerade.keys import Key
from masquerade.keys.opaque import Secret

_FIRST: Final = b"masquerade-backup/v1\n"
_VERSION: Final = re.compile(rb"masquerade-backup/v([1-9][0-9]{0,8})\n")
_SALT: Final = re.compile(rb"records: ([0-9a-f]{32})\n")
_KEY_LINES: Final = 6
_LONGEST_LINE: Final = 512
_PIECE: Final = 1 << 20
_SEAL: Final = 28
_DIGEST: Final = 32


def sealed(key: Key, locked: bytes, archive: Iterable[bytes]) -> Iterator[bytes]:
    """The parts of a backup, but for the digest at its end.

    Args:
        key: The key that seals the records.
        locked: The text of its file, locked by a passphrase.
        archive: The records, piece after piece.
    """
    salt = token_hex(16)
    yield _FIRST + locked + f"records: {salt}\n".encode()
    box, held = key.box(f"backup/{salt}"), bytearray()
    number = 0
    for part in archive:
        held += part
        while len(held) > _PIECE:
            piece = box.seal(Secret(bytes(held[:_PIECE])), _belongs(number, last=False))
            yield len(piece).to_bytes(4, "big") + piece
            del held[:_PIECE]
            number += 1
    piece = box.seal(Secret(bytes(held)), _belongs(number, last=True))
    yield len(piece).to_bytes(4, "big") + piece


def with_digest(parts: Iterable[bytes]) -> Iterator[bytes]:
    """The parts, and at last the SHA-256 of them all."""
    seen = sha256()
    for part in parts:
        seen.update(part)
        yield part
    yield seen.digest()


@final
class Backup:
    """A backup that is open, and sound to the last bit.

    Args:
        file: At its beginning.
        end: Bytes before the digest.
        place: Named in messages.
    """

    def __init__(self, file: BinaryIO, end: int, place: Path) -> None:
        self.file = file
        self.end = end
        self.place = place

    def key(self, passphrase: str) -> tuple[Key, datetime, str]:
        """The key, when its file was written, and the digits for the records.

        Raises:
            WrongPassphrase: If the passphrase does not open it.
        """
        text = b"".join(self.file.readline(_LONGEST_LINE) for _ in range(_KEY_LINES))
        salt = _SALT.fullmatch(self.file.readline(_LONGEST_LINE))
        if salt is None:
            raise damaged(self.place, "its head")
        key, created = Key.unlocked(text, passphrase, self.place)
        return key, created, salt[1].decode("ascii")


@contextmanager
def opened(path: Path) -> Iterator[Backup]:
    """Open a backup whose digest fits.

    Raises:
        CorruptKey: If it is none, damaged or cut short.
        UnsupportedKeyVersion: If it is of another version.
        KeyFileError: If it cannot be read.
    """
    try:
        file = open_file(path)
    except OSError as error:
        raise KeyFileError(
            "the backup cannot be read",
            value=error.strerror,
            place=path,
            remedy="`masquerade key backup` makes one.",
        ) from None
    with file:
        end = os.fstat(file.fileno()).st_size - _DIGEST
        _require_first_line(file.readline(_LONGEST_LINE), path)
        file.seek(0)
        if _digest(file, end) != file.read(_DIGEST + 1):
            raise damaged(path, "its digest does not fit")
        file.seek(len(_FIRST))
        yield Backup(file, end, path)


@final
class BackupPieces:
    """The records' archive, to be read from beginning to end."""

    def __init__(self, parts: Iterator[bytes]) -> None:
        self._parts = parts
        self._held = bytearray()

    def read(self, size: int) -> bytes:
        """At most so many bytes; none at the end."""
        while len(self._held) < size:
            part = next(self._parts, None)
            if part is None:
                break
            self._held += part
        found = bytes(self._held[:size])
        del self._held[:size]
        return found

    def finish(self) -> None:
        """Read to the end, so that nothing is missing there."""
        while self.read(_PIECE):
            pass


def pieces(backup: Backup, key: Key, salt: str) -> BackupPieces:
    """The archive in a backup whose key was read.

    Raises:
        CorruptKey: While it is read, if a piece is not what it was.
    """
    return BackupPieces(_unsealed(backup, key, salt))


def _unsealed(backup: Backup, key: Key, salt: str) -> Iterator[bytes]:
    box, number = key.box(f"backup/{salt}"), 0
    while (at := backup.file.tell()) < backup.end:
        length = int.from_bytes(backup.file.read(4), "big")
        if not _SEAL <= length <= _PIECE + _SEAL or at + 4 + length > backup.end:
            raise damaged(backup.place, "a piece of another length")
        last = at + 4 + length == backup.end
        yield box.open(backup.file.read(length), _belongs(number, last=last)).reveal()
        number += 1
    if not number:
        raise damaged(backup.place, "no records")


def damaged(place: Path, what: str) -> CorruptKey:
    """The error to raise for a backup that is not as it was written."""
    return CorruptKey(
        "the backup is damaged or cut short", value=what, place=place, remedy="Take another copy of it."
    )


def _belongs(number: int, *, last: bool) -> bytes:
    return f"{number}/{'last' if last else 'more'}".encode()


def _require_first_line(line: bytes, place: Path) -> None:
    if line == _FIRST:
        return
    found = _VERSION.fullmatch(line)
    if found is None:
        raise CorruptKey("not a backup of a key", place=place, remedy="`masquerade key backup` makes one.")
    raise UnsupportedKeyVersion(
        "a backup of another version",
        value=found[1].decode("ascii"),
        place=place,
        remedy="This release reads version 1; install a newer one.",
    )


def _digest(file: BinaryIO, end: int) -> bytes:
    seen, left = sha256(), max(end, 0)
    while left and (part := file.read(min(left, _PIECE))):
        seen.update(part)
        left -= len(part)
    return seen.digest()
