"""How often something may be asked, over all workers of a machine and restarts (spec reliability 4.4 P6)."""

import os
import sqlite3
import stat
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from typing import Final, final

from masquerade.errors import OutOfOrder, TooMuch

LIMITS: Final = {"address": (60, 60), "account": (10, 60), "join": (5, 900)}
"""Requests in so many seconds."""


@final
class Rates:
    """Counts in a file that all workers share, written without waiting for the disk.

    The virtual schedule of a leaky bucket: one time for each name (ITU-T I.371).

    Args:
        path: The file.
        limits: As ``LIMITS``.

    Raises:
        OutOfOrder: If the file cannot be written, is a link, or is somebody else's.
    """

    def __init__(self, path: Path, limits: dict[str, tuple[int, int]] | None = None) -> None:
        self._limits = LIMITS if limits is None else limits
        self._lock = threading.Lock()
        self._path = path
        with self._named():
            self._file = self._opened()

    def spend(self, kind: str, who: str) -> None:
        """Count a request.

        Raises:
            TooMuch: If there were too many; ``wait`` says for how long.
            OutOfOrder: If it cannot be counted.
        """
        count, seconds = self._limits[kind]
        name, now = f"{kind}/{sha256(who.encode()).hexdigest()[:32]}", time.time()
        with self._lock, self._named(), self._alone() as file:
            row = file.execute("SELECT at FROM due WHERE name = ?", (name,)).fetchone()
            latest = now + seconds  # whatever lies later was written by a clock that was ahead
            before = min(max(now, row[0] if row else now), latest)
            due = before + seconds / count
            fits = due <= latest
            if fits or (row and row[0] > latest):
                file.execute("INSERT OR REPLACE INTO due VALUES (?, ?)", (name, due if fits else before))
        if not fits:
            raise TooMuch(
                "too many requests",
                code="too_many",
                value=f"over {count} in {seconds} s",
                remedy="Wait, then ask again.",
                wait=int(due - latest) + 1,
            )

    def sweep(self) -> None:
        """Forget those whose requests lie long enough back to count no more.

        Raises:
            OutOfOrder: If the file cannot be written.
        """
        with self._lock, self._named():
            self._file.execute("DELETE FROM due WHERE at < ?", (time.time(),))

    @contextmanager
    def _alone(self) -> Iterator[sqlite3.Connection]:
        self._file.execute("BEGIN IMMEDIATE")
        try:
            yield self._file
            self._file.execute("COMMIT")
        except BaseException:
            with suppress(sqlite3.Error):
                self._file.execute("ROLLBACK")
            raise

    def _opened(self) -> sqlite3.Connection:
        _require_own(self._path)
        try:
            return _counts(self._path)
        except sqlite3.DatabaseError as error:
            if error.sqlite_errorcode not in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT):
                raise
        for end in ("", "-wal", "-shm"):  # damaged: they are counts of the last minutes
            Path(f"{self._path}{end}").unlink(missing_ok=True)
        _require_own(self._path)
        return _counts(self._path)

    @contextmanager
    def _named(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise OutOfOrder(
                "requests cannot be counted",
                code="rates",
                value=error,
                place=self._path,
                remedy="Operator: check the disk and the file.",
                wait=5,
            ) from None


def _require_own(path: Path) -> None:
    """Make the file, for nobody else; one that is a link, or somebody else's, is left alone."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        told = os.fstat(handle)
        if told.st_uid != os.getuid() or not stat.S_ISREG(told.st_mode) or told.st_nlink != 1:
            raise PermissionError("it is a link, or somebody else's")
        os.fchmod(handle, 0o600)
    finally:
        os.close(handle)


def _counts(path: Path) -> sqlite3.Connection:
    file = sqlite3.connect(path, timeout=10, check_same_thread=False, isolation_level=None)
    for words in (
        "PRAGMA journal_mode=WAL",
        "PRAGMA synchronous=OFF",
        "CREATE TABLE IF NOT EXISTS due (name TEXT PRIMARY KEY, at REAL NOT NULL)",
    ):
        file.execute(words)
    return file
