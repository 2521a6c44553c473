"""Which photos of a folder are done; survives kills, and stays with the person, beside the MaskNet's file."""

import os
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Final, final

from masquerade.cloaking.photo_cloak import Outcome
from masquerade.files.sqlite_ledger import LedgerFile

_VERSION: Final = 2
_LOSS: Final = "Remove it; photos that were written are then left as they are."
_TABLES: Final = """
CREATE TABLE photos (
    name BLOB NOT NULL, glance TEXT NOT NULL, contents TEXT NOT NULL, outcome TEXT NOT NULL,
    written TEXT, faces INTEGER NOT NULL, ssim REAL, UNIQUE (name, written)
) STRICT;
CREATE INDEX by_written ON photos (written);
"""
"""Of a photo, the row that was added last is true; those before it say what else the job has written there."""


@final
@dataclass(frozen=True)
class Done:
    """A photo that needs no more work.

    Args:
        glance: What tells cheaply that the photo was not touched; see ``files.standing.glance``.
        contents: SHA-256 of the photo as it was read, hexadecimal.
        outcome: What became of it.
        written: SHA-256 of what was written; None if it was skipped.
        faces: How many faces were cloaked.
        ssim: Structural similarity of the face that changed most.
    """

    glance: str
    contents: str
    outcome: Outcome
    written: str | None
    faces: int
    ssim: float | None


@final
class CloakLedger:
    """Rows of photos in an SQLite file of mode 0600, each durable when ``add`` returns.

    A photo is noted before it is given its final name. So a file with a digest that is noted for its name is the
    job's own work, wherever a kill fell, and any other is not.

    Args:
        path: The file; created when missing.

    Raises:
        UsageError: If the file is no such ledger, is damaged, or is of another version.
        WriteFailed: If the disk refuses.
    """

    def __init__(self, path: Path) -> None:
        self._file = LedgerFile(path, _TABLES, _LOSS, _VERSION)

    def __enter__(self) -> "CloakLedger":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def add(self, name: str, done: Done) -> None:
        """Note a photo that is about to be given its final name, or was skipped."""
        self._file.execute(
            "INSERT OR REPLACE INTO photos VALUES (?, ?, ?, ?, ?, ?, ?)", (os.fsencode(name), *astuple(done))
        )

    def get(self, name: str) -> Done | None:
        """What is noted of a photo, or None."""
        with self._file.named():
            row = self._file.execute(
                "SELECT glance, contents, outcome, written, faces, ssim FROM photos "
                "WHERE name = ? ORDER BY rowid DESC LIMIT 1",
                (os.fsencode(name),),
            ).fetchone()
            return Done(*row) if row else None

    def names_of(self, written: str) -> list[str]:
        """Names under which the job has written, or was about to write, a file with this SHA-256."""
        with self._file.named():
            rows = self._file.execute("SELECT name FROM photos WHERE written = ? ORDER BY name", (written,))
            return [os.fsdecode(name) for (name,) in rows.fetchall()]
