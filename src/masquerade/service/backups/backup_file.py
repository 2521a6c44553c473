"""The file of a backup: when it was made, a database of SQLite, and a code over both under the operator's key."""

import os
import sqlite3
from collections.abc import Iterator
from hashlib import sha256
from hmac import compare_digest
from pathlib import Path
from typing import BinaryIO, Final
from urllib.parse import quote

from masquerade.errors import UsageError, WrongKey
from masquerade.files.durable import named_failures, write_durably
from masquerade.files.opening import open_file
from masquerade.keys import Key

_KIND: Final = b"masquerade-database/v1 "
_CODE_BYTES: Final = 64
_PIECE: Final = 2**20
_DIGITS: Final = 12
"""Of the time, seconds since 1970."""
_HEAD: Final = len(_KIND) + _DIGITS + 1


def write_backup(out: Path, body: Path, made: int, key: Key) -> None:
    """Write a backup, mode 0600.

    Args:
        out: Where to.
        body: A database of SQLite that nobody uses.
        made: As of when it is, seconds since 1970.
        key: The operator's key.

    Raises:
        WriteFailed: If the disk refuses.
    """

    def parts() -> Iterator[bytes]:
        yield _KIND + f"{made:0{_DIGITS}d}\n".encode()
        whole = sha256()
        with body.open("rb") as file:
            while piece := file.read(_PIECE):
                whole.update(piece)
                yield piece
        yield _code(key, made, whole.hexdigest())

    write_durably(out, parts(), mode=0o600, replace=False)


def unpack(backup: Path, body: Path, key: Key) -> int:
    """Write the database that a backup holds; nothing of it was opened before its code was compared.

    Args:
        backup: What ``write_backup`` wrote.
        body: Where to; it must not be there.
        key: The operator's key.

    Returns:
        As of when it is, seconds since 1970.

    Raises:
        UsageError: If this is no backup, or one without a code.
        WrongKey: If it was changed, cut short, or made under another key.
        WriteFailed: If the disk refuses.
    """
    whole = sha256()
    with _opened(backup) as file:
        head, size = file.read(_HEAD), os.fstat(file.fileno()).st_size - _HEAD - _CODE_BYTES
        if not head.startswith(_KIND) or size < 0:
            raise UsageError(
                "this is no backup that carries a code",
                place=backup,
                remedy="Those of earlier versions, and copies made by hand, are taken with --unsigned alone.",
            )
        with named_failures(body), _new(body) as written:
            while piece := file.read(min(_PIECE, size)):
                size -= len(piece)
                whole.update(piece)
                written.write(piece)
        told = file.read(_CODE_BYTES + 1)
    digits = head[len(_KIND) : -1]
    made = int(digits) if digits.isdigit() else 0
    if not compare_digest(told, _code(key, made, whole.hexdigest())):
        raise WrongKey(
            "the backup was changed, cut short, or made under another key",
            place=backup,
            remedy="Take another copy; name the key by --key.",
        )
    return made


def copy_unsigned(backup: Path, body: Path) -> None:
    """As ``unpack``, of a plain database of SQLite that whoever held it may have changed.

    Raises:
        UsageError: If it cannot be read.
        WriteFailed: If the disk refuses.
    """
    with _opened(backup) as file, named_failures(body), _new(body) as written:
        while piece := file.read(_PIECE):
            written.write(piece)


def require_plain(body: Path) -> None:
    """Pass if a database is whole, and holds tables and indexes alone: nothing in it runs by itself.

    Raises:
        UsageError: If it is damaged, or there is a trigger, a view or a virtual table.
    """
    try:
        opened = sqlite3.connect(f"file:{quote(str(body))}?mode=ro", uri=True)
        try:
            opened.execute("PRAGMA trusted_schema=OFF")
            others = opened.execute(
                "SELECT name FROM sqlite_master WHERE type NOT IN ('table', 'index') OR sql LIKE 'CREATE VIRTUAL%'"
            ).fetchall()
            sound = opened.execute("PRAGMA integrity_check").fetchall()
        finally:
            opened.close()
    except sqlite3.Error as error:
        raise _damaged(error, body) from None
    if sound != [("ok",)]:
        raise _damaged(sound[0][0], body)
    if others:
        raise UsageError(
            "the backup holds more than rows",
            value=str(others[0][0])[:100],
            place=body.name,
            remedy="Somebody added a trigger or a view, which could act on its own. Take another copy.",
        )


def _damaged(reason: object, body: Path) -> UsageError:
    return UsageError(
        "this is no sound database of SQLite",
        value=str(reason)[:200],
        place=body.name,
        remedy="Take another copy. Scripts of earlier versions' pg_dump are not taken.",
    )


def _opened(path: Path) -> BinaryIO:
    try:
        return open_file(path)
    except OSError as error:
        raise UsageError("cannot read the backup", value=error.strerror, place=path) from None


def _new(path: Path) -> BinaryIO:
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600), "wb")


def _code(key: Key, made: int, digest: str) -> bytes:
    return key.authenticate("backup", f"{made}\0{digest}".encode()).encode()
