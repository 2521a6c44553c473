"""Which photos of a folder are done; survives kills, and stays with the person, beside the MaskNet's file."""

import os
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import final

from masquerade.owner.photo_cloak import Outcome
from masquerade.released.ledger_file import LedgerFile

_LOSS = "Remove it; photos that were written are then left as they are."
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
        self._file = LedgerFile(path, _TABLE, _LOSS)

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
                "SELECT size, changed, outcome, written, faces, ssim FROM photos WHERE name = ?",
                (os.fsencode(name),),
            ).fetchone()
            return Done(*row) if row else None
