"""Crafted features by photo: a photo that is asked for again gets the very same feature.

Features that were drawn anew at every query could be averaged (attack A3 of the Crafter paper). The paper shuffles the
photos of a batch instead, but rows that belong together can be found by their distance. The file stays with the owner.
"""

import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Final, final

import numpy as np
import torch
from torch import Tensor

from masquerade.disguises.base import Shape
from masquerade.errors import UsageError, WriteFailed
from masquerade.files.durable import RESUMABLE, named_failures

_VERSION: Final = 1
_APPLICATION: Final = 0x6D_71_63_66
"""Tells the file from other SQLite files."""
_TABLE: Final = "CREATE TABLE features (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID;"
_BUSY_SECONDS: Final = 60.0


@final
@dataclass(frozen=True)
class CraftedCache:
    """Features in an SQLite file of mode 0600; those of one call are all durable when ``add`` returns, or none.

    Several processes may use one file: whoever is first decides on a photo's feature.

    Args:
        path: The file; created when first added to.
        shape: Shape of a feature.
    """

    path: Path
    shape: Shape

    def get(self, names: Iterable[str]) -> dict[str, Tensor]:
        """The features that are known, float32, by name.

        Raises:
            UsageError: If the file is no such cache, is damaged, or is of a newer version.
            WriteFailed: If the system refuses.
        """
        if not self.path.exists():
            return {}
        found = {}
        with self._opened() as base:
            for name in names:
                row = base.execute("SELECT value FROM features WHERE name = ?", (name,)).fetchone()
                if row is not None:
                    found[name] = self._feature(row[0])
        return found

    def add(self, features: Mapping[str, Tensor]) -> None:
        """Keep features; a name that has one already keeps it.

        Raises:
            UsageError: As ``get``.
            WriteFailed: If the disk refuses; then none of them is kept.
        """
        rows = [(name, feature.numpy().astype("<f4").tobytes()) for name, feature in features.items()]
        with self._opened() as base, base:  # the second takes all rows back if one fails
            base.execute("BEGIN IMMEDIATE")
            base.executemany("INSERT OR IGNORE INTO features VALUES (?, ?)", rows)

    def _feature(self, value: object) -> Tensor:
        if not isinstance(value, bytes) or len(value) != 4 * prod(self.shape):
            raise self._damaged("a feature of another size")
        numbers = np.frombuffer(value, "<f4").astype(np.float32)
        if not np.isfinite(numbers).all():
            raise self._damaged("a feature that is not finite")
        return torch.from_numpy(numbers).reshape(self.shape)

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        with named_failures(self.path):
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600))
            self.path.chmod(0o600)
        try:
            with closing(sqlite3.connect(self.path, _BUSY_SECONDS, isolation_level=None)) as base:
                self._prepare(base)
                yield base
        except sqlite3.OperationalError as error:
            raise WriteFailed(
                "cannot keep crafted features", value=error, place=self.path, remedy=RESUMABLE
            ) from error
        except sqlite3.DatabaseError as error:
            raise self._damaged(type(error).__name__) from error

    def _prepare(self, base: sqlite3.Connection) -> None:
        base.execute("PRAGMA synchronous = FULL")
        version = base.execute("PRAGMA user_version").fetchone()[0]
        application = base.execute("PRAGMA application_id").fetchone()[0]
        tables = base.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        if version > _VERSION and application == _APPLICATION:
            raise UsageError(
                "a cache of a newer format", value=version, place=self.path, remedy="Update masquerade."
            )
        if not tables and not version:
            base.executescript(
                f"BEGIN IMMEDIATE; {_TABLE.replace('TABLE', 'TABLE IF NOT EXISTS', 1)} "
                f"PRAGMA user_version = {_VERSION}; PRAGMA application_id = {_APPLICATION}; COMMIT;"
            )
        elif application != _APPLICATION:
            raise self._damaged("another kind of database")

    def _damaged(self, what: str) -> UsageError:
        return UsageError(
            "not a cache of crafted features, or a damaged one",
            value=what,
            place=self.path,
            remedy="Restore it from a copy, or name another file: photos then get new features.",
        )
