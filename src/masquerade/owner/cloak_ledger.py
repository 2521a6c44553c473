"""Which photos of a folder are done; survives kills, and stays with the person, beside the MaskNet's file."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import final

from masquerade.errors import UsageError, WriteFailed
from masquerade.owner.photo_cloak import Outcome
from masquerade.released.durable import RESUMABLE, named_failures

_VERSION = 1
_TABLE = """
CREATE TABLE photos (
    name BLOB PRIMARY KEY, size INTEGER NOT NULL, changed INTEGER NOT NULL, outcome TEXT NOT NULL,
    written INTEGER, faces INTEGER NOT NULL, ssim REAL
) STRICT;
"""


@final
@dataclass(frozen=True)
class Done:
    """A photo that needs no more work.

    Args:
        size: Bytes of the photo as it was read.
        changed: When it was last changed, in nanoseconds.
        outcome: What became of it.
        written: Bytes of what was written; None if it was skipped.
        faces: How many faces were cloaked.
        ssim: Structural similarity of the face that changed most.
    """

    size: int
    changed: int
    outcome: Outcome
    written: int | None
    faces: int
    ssim: float | None


@final
class CloakLedger:
    """Rows of photos in an SQLite file of mode 0600, each durable when ``add`` returns.

    A photo is noted before it is given its final name: what stands under that name with the length in the row is
    the job's own work, wherever a kill fell.

    Args:
        path: The file; created when missing.

    Raises:
        UsageError: If the file is no such ledger, is damaged, or is of a newer version.
        WriteFailed: If the disk refuses.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        with named_failures(path):
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        with self._named():
            self._base = sqlite3.connect(path, isolation_level=None)
        try:
            with self._named():
                self._prepare()
        except BaseException:
            self._base.close()
            raise

    def __enter__(self) -> "CloakLedger":
        return self

    def __exit__(self, *_: object) -> None:
        self._base.close()

    def _prepare(self) -> None:
        self._base.execute("PRAGMA synchronous = FULL")
        version = self._base.execute("PRAGMA user_version").fetchone()[0]
        if version > _VERSION:
            raise UsageError("a ledger of a newer format", place=self._path, remedy="Update masquerade.")
        if version == 0:
            self._base.executescript(f"BEGIN; {_TABLE} PRAGMA user_version = {_VERSION}; COMMIT;")

    def add(self, name: str, done: Done) -> None:
        """Note a photo that is about to be given its final name, or was skipped."""
        with self._named():
            self._base.execute(
                "INSERT OR REPLACE INTO photos VALUES (?, ?, ?, ?, ?, ?, ?)",
                (os.fsencode(name), *astuple(done)),
            )

    def get(self, name: str) -> Done | None:
        """What is noted of a photo, or None."""
        with self._named():
            row = self._base.execute(
                "SELECT size, changed, outcome, written, faces, ssim FROM photos WHERE name = ?",
                (os.fsencode(name),),
            ).fetchone()
        return Done(*row) if row else None

    @contextmanager
    def _named(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.OperationalError as error:
            raise WriteFailed(
                "cannot keep the ledger", value=error, place=self._path, remedy=RESUMABLE
            ) from error
        except (sqlite3.DatabaseError, ValueError, TypeError) as error:
            raise UsageError(
                "the ledger is damaged",
                value=type(error).__name__,
                place=self._path,
                remedy="Remove it; photos that were written are then left as they are.",
            ) from error
