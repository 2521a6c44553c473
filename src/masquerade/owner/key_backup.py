"""A key and its records in one file under a passphrase, so that a lost computer is no lost model.

::

    masquerade-backup/v1
    the six lines of a key file, locked by the passphrase
    records: 32 hexadecimal digits, drawn for this file

then the records as a tar archive, in pieces of a mebibyte, each behind its length (4 bytes) and sealed under a key that
the owner's key and these digits give, bound to its place and to whether it is the last; then the SHA-256 of all this.
"""

import json
import os
import shutil
import sqlite3
import tarfile
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from secrets import token_hex
from typing import Any, BinaryIO, Final, final

from masquerade.errors import MasqueradeError, UsageError
from masquerade.files.durable import is_draft, named_failures, sync_folder, write_durably
from masquerade.files.handles import NOFOLLOW
from masquerade.files.kinds import Kind
from masquerade.files.opening import open_file
from masquerade.files.outputs import require_new
from masquerade.keys import Key, describe
from masquerade.owner.backup_pieces import BackupPieces, damaged, opened, pieces, sealed, with_digest
from masquerade.owner.records import Records

_ABOUT: Final = "about.json"
_BLOCK: Final = 512
_READ: Final = 1 << 20
_LEFT_OUT: Final = {".lock", ".sqlite-journal", ".sqlite-wal", ".sqlite-shm"}
"""Endings of what serves a running job alone."""


@final
@dataclass(frozen=True)
class BackedUp:
    """What a backup holds.

    Args:
        fingerprint: Of the key.
        created: When the key file was written.
        records: Number of files of records.
    """

    fingerprint: str
    created: datetime
    records: int


def back_up(key_file: Path, key: Key, passphrase: str, out: Path) -> BackedUp:
    """Write a backup of a key and of the records beside it, mode 0600.

    Args:
        key_file: The key's file.
        key: The key in it.
        passphrase: What to lock the backup with.
        out: The file to write; an earlier file is never replaced.

    Raises:
        UsageError: If ``out`` exists or cannot be written, or the passphrase is empty.
        KeyFileError: If the key file cannot be read.
        WriteFailed: If the disk refuses.
    """
    require_new(out, Kind.BACKUP)
    facts = describe(key_file)
    head = key.locked(passphrase, created=facts.created)
    files = _files(Records.beside(key_file).folder)
    about = json.dumps({"locked": facts.protected}).encode()
    parts = sealed(key, head, _archive(about, files))
    write_durably(out, with_digest(parts), 0o600, replace=False)
    return BackedUp(key.fingerprint, facts.created, len(files))


def require_backup(path: Path) -> None:
    """Pass if a file is a backup that is sound, before its passphrase is asked for.

    Raises:
        KeyFileError: As ``restore``.
    """
    with opened(path):
        pass


def restore(backup: Path, passphrase: str, key_file: Path) -> BackedUp:
    """Write the key file of a backup, and the records beside it; nothing is replaced.

    The key file is locked by the passphrase if it was locked when it was backed up.

    Args:
        backup: What ``back_up`` wrote.
        passphrase: Its passphrase.
        key_file: Where the key shall be.

    Raises:
        UsageError: If a file or records stand there already, or it cannot be written.
        CorruptKey: If the backup is none, damaged or cut short.
        UnsupportedKeyVersion: If it is of a newer format.
        WrongPassphrase: If the passphrase does not open it.
        WriteFailed: If the disk refuses.
    """
    require_new(key_file, Kind.KEY)
    records = Records.beside(key_file).folder
    if os.path.lexists(records):
        raise UsageError("records stand there already", place=records, remedy="Choose another name.")
    with opened(backup) as file:
        key, created, salt = file.key(passphrase)
        with named_failures(key_file.parent):
            key_file.parent.mkdir(parents=True, exist_ok=True)
        with _draft(key_file.parent) as draft:
            about, count = _unpacked(pieces(file, key, salt), draft, backup)
            _place(draft, records, count)
            try:
                key.save(key_file, passphrase if about.get("locked") else None, created=created)
            except Exception:
                shutil.rmtree(records, ignore_errors=True)
                raise
    return BackedUp(key.fingerprint, created, count)


def _files(folder: Path) -> list[Path]:
    """The records, without what serves a running job alone."""
    if not folder.is_dir():
        return []
    found = sorted(path for path in folder.iterdir() if path.is_file() and not path.is_symlink())
    return [path for path in found if path.suffix not in _LEFT_OUT and not is_draft(path)]


def _archive(about: bytes, files: Iterable[Path]) -> Iterator[bytes]:
    """The bytes of a tar archive, piece after piece."""
    yield from (_header(_ABOUT, len(about)), about, _padding(len(about)))
    for path in files:
        with _at_one_moment(path) as file:
            size = os.fstat(file.fileno()).st_size
            yield _header(f"records/{path.name}", size)
            yield from _exactly(file, size, path)
            yield _padding(size)
    yield bytes(2 * _BLOCK)


def _header(name: str, size: int) -> bytes:
    about = tarfile.TarInfo(name)
    about.size, about.mode = size, 0o600
    return about.tobuf(tarfile.PAX_FORMAT)


def _padding(size: int) -> bytes:
    return bytes(-size % _BLOCK)


def _exactly(file: BinaryIO, size: int, path: Path) -> Iterator[bytes]:
    left = size
    while left:
        part = file.read(min(left, _READ))
        if not part:
            raise UsageError("a record changed meanwhile", place=path, remedy="Run the same command again.")
        left -= len(part)
        yield part


@contextmanager
def _at_one_moment(path: Path) -> Iterator[BinaryIO]:
    """A record as it is at one moment, though a job may be writing it."""
    if path.suffix != ".sqlite":
        with open_file(path) as file:
            yield file
        return
    copy = path.with_name(f".masquerade-{token_hex(8)}.tmp")
    try:
        with open_file(copy if _copied(path, copy) else path) as file:
            yield file
    finally:
        copy.unlink(missing_ok=True)


def _copied(path: Path, copy: Path) -> bool:
    """Whether SQLite could copy the file; one that is damaged is taken as it is."""
    os.close(os.open(copy, os.O_WRONLY | os.O_CREAT | os.O_EXCL | NOFOLLOW, 0o600))
    with (
        suppress(sqlite3.Error),
        closing(sqlite3.connect(path)) as source,
        closing(sqlite3.connect(copy)) as to,
    ):
        source.backup(to)
        return True
    return False


@contextmanager
def _draft(folder: Path) -> Iterator[Path]:
    draft = folder / f".masquerade-{token_hex(8)}.restored"
    with named_failures(draft):
        draft.mkdir(mode=0o700)
    try:
        yield draft
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _unpacked(archive: BackupPieces, folder: Path, place: Path) -> tuple[dict[str, Any], int]:
    """What the archive says of the key, and how many records were written."""
    about: dict[str, Any] = {}
    count = 0
    try:
        with tarfile.open(fileobj=archive, mode="r|") as tar:  # type: ignore[call-overload]
            for member in tar:
                content = tar.extractfile(member)
                if content is None:
                    continue
                if member.name == _ABOUT:
                    about = json.loads(content.read(_READ))
                    continue
                write_durably(folder / _plain(member.name), iter(lambda: content.read(_READ), b""), 0o600)  # noqa: B023
                count += 1
        archive.finish()
    except MasqueradeError:
        raise
    except (tarfile.TarError, ValueError, EOFError):
        raise damaged(place, "its archive") from None
    return about, count


def _plain(name: str) -> str:
    folder, plain = PurePosixPath(name).parent.name, PurePosixPath(name).name
    if f"{folder}/{plain}" != name or folder != "records" or plain in {"", ".", ".."}:
        raise ValueError(name)
    return plain


def _place(draft: Path, records: Path, count: int) -> None:
    if count:
        with named_failures(records):
            draft.rename(records)
        sync_folder(records.parent)
