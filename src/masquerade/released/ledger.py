"""The owner's account of which shards are finished; it survives kills and power cuts, and is not released."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final, final

from masquerade.files.durable import remove
from masquerade.files.sqlite_ledger import LedgerFile
from masquerade.released.manifest import ShardEntry

_VERSION: Final = 1
_LOSS: Final = "Remove it, or start afresh with overwrite; the shards are made again."
_TABLES: Final = """
CREATE TABLE plan (
    only INTEGER PRIMARY KEY CHECK (only = 1), settings TEXT NOT NULL, source TEXT NOT NULL
) STRICT;
CREATE TABLE shards (
    number INTEGER PRIMARY KEY, name TEXT NOT NULL, sha256 TEXT NOT NULL,
    images INTEGER NOT NULL, bytes INTEGER NOT NULL, note TEXT NOT NULL
) STRICT;
"""


@final
@dataclass(frozen=True)
class Row:
    """A finished shard: its manifest entry, and a note that only the owner sees."""

    entry: ShardEntry
    note: str


@final
@dataclass(frozen=True)
class Started:
    """With what a job was started: its settings, and a digest of what it reads."""

    settings: str
    source: str


@final
class Ledger:
    """Rows of finished shards in an SQLite file of mode 0600, each durable when ``add`` returns.

    Args:
        path: The file; created when missing.

    Raises:
        UsageError: If the file is no ledger, is damaged, or is of a newer version.
        WriteFailed: If the disk refuses.
    """

    def __init__(self, path: Path) -> None:
        self._file = LedgerFile(path, _TABLES, _LOSS, _VERSION)

    def __enter__(self) -> "Ledger":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def started(self) -> Started | None:
        """With what the job was started, or None before ``start``."""
        with self._file.named():
            row = self._file.execute("SELECT settings, source FROM plan").fetchone()
        return Started(*row) if row else None

    def start(self, started: Started) -> None:
        """Note with what the job is started; once."""
        self._file.execute("INSERT INTO plan VALUES (1, ?, ?)", (started.settings, started.source))

    def add(self, number: int, row: Row) -> None:
        """Note that shard ``number`` is finished and durable."""
        entry = row.entry
        values = (number, entry.name, entry.sha256, entry.images, entry.bytes, row.note)
        self._file.execute("INSERT OR REPLACE INTO shards VALUES (?, ?, ?, ?, ?, ?)", values)

    def rows(self) -> dict[int, Row]:
        """Every finished shard by its number."""
        with self._file.named():
            rows = self._file.execute("SELECT * FROM shards ORDER BY number").fetchall()
            return {
                number: Row(ShardEntry(name=name, sha256=sha256, images=images, bytes=size), note)
                for number, name, sha256, images, size, note in rows
            }


def discard(path: Path) -> None:
    """Remove a ledger; its rollback journal goes last, since SQLite ignores a journal without database."""
    remove(path)
    remove(path.with_name(path.name + "-journal"))


def peek(path: Path) -> Started | None:
    """With what the job of an existing ledger was started, or None without ledger; creates nothing."""
    if not path.exists():
        return None
    with Ledger(path) as ledger:
        return ledger.started()
