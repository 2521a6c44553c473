"""An SQLite file of a job's progress: each row durable when noted, every failure named."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import final

from masquerade.errors import MasqueradeError, UsageError, WriteFailed
from masquerade.files.durable import RESUMABLE, named_failures


@final
class LedgerFile:
    """A database of mode 0600.

    Args:
        path: The file; created when missing.
        tables: The statements that make its tables.
        loss: What is to be done, and lost, if it is damaged.
        version: Of these tables.

    Raises:
        UsageError: If the file is no ledger, is damaged, or is of another version.
        WriteFailed: If the disk refuses.
    """

    def __init__(self, path: Path, tables: str, loss: str, version: int) -> None:
        self._path = path
        self._version = version
        self._loss = loss
        with named_failures(path):
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        with self.named():
            self._base = sqlite3.connect(path, isolation_level=None)
        try:
            with self.named():
                self._prepare(tables)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Let the file go."""
        self._base.close()

    def execute(self, statement: str, values: tuple[object, ...] = ()) -> sqlite3.Cursor:
        """Run a statement; durable when it returns.

        Raises:
            UsageError: If the file is damaged.
            WriteFailed: If the disk refuses.
        """
        with self.named():
            return self._base.execute(statement, values)

    @contextmanager
    def named(self) -> Iterator[None]:
        """Turn what goes wrong inside, with the file or with what its rows hold, into named errors."""
        try:
            yield
        except MasqueradeError:
            raise
        except sqlite3.OperationalError as error:
            raise WriteFailed(
                "cannot keep the ledger", value=error, place=self._path, remedy=RESUMABLE
            ) from error
        except (sqlite3.DatabaseError, ValueError, TypeError) as error:
            raise UsageError(
                "the ledger is damaged", value=type(error).__name__, place=self._path, remedy=self._loss
            ) from error

    def _prepare(self, tables: str) -> None:
        self._base.execute("PRAGMA synchronous = FULL")
        version = self._base.execute("PRAGMA user_version").fetchone()[0]
        if version > self._version:
            raise UsageError("a ledger of a newer format", place=self._path, remedy="Update masquerade.")
        if 0 < version < self._version:
            raise UsageError("a ledger of an older format", place=self._path, remedy=self._loss)
        if version == 0:
            self._base.executescript(f"BEGIN; {tables} PRAGMA user_version = {self._version}; COMMIT;")
