"""How often something may be asked, over all workers of a machine and restarts (spec reliability 4.4 P6)."""

import sqlite3
import threading
import time
from hashlib import sha256
from pathlib import Path
from typing import Final, final

from masquerade.errors import TooMuch

LIMITS: Final = {"address": (60, 60), "account": (10, 60), "join": (5, 900)}
"""Requests in so many seconds."""


@final
class Rates:
    """Counts in a file that all workers share, written without waiting for the disk.

    The virtual schedule of a leaky bucket: one time for each name (ITU-T I.371).

    Args:
        path: The file.
        limits: As ``LIMITS``.
    """

    def __init__(self, path: Path, limits: dict[str, tuple[int, int]] | None = None) -> None:
        self._limits = LIMITS if limits is None else limits
        self._lock = threading.Lock()
        self._file = sqlite3.connect(path, timeout=10, check_same_thread=False, isolation_level=None)
        path.chmod(0o600)
        for words in (
            "PRAGMA journal_mode=WAL",
            "PRAGMA synchronous=OFF",
            "CREATE TABLE IF NOT EXISTS due (name TEXT PRIMARY KEY, at REAL NOT NULL)",
        ):
            self._file.execute(words)

    def spend(self, kind: str, who: str) -> None:
        """Count a request.

        Raises:
            TooMuch: If there were too many; ``wait`` says for how long.
        """
        count, seconds = self._limits[kind]
        name, now = f"{kind}/{sha256(who.encode()).hexdigest()[:32]}", time.time()
        with self._lock:
            self._file.execute("BEGIN IMMEDIATE")
            try:
                row = self._file.execute("SELECT at FROM due WHERE name = ?", (name,)).fetchone()
                due = max(now, row[0] if row else now) + seconds / count
                fits = due <= now + seconds
                if fits:
                    self._file.execute("INSERT OR REPLACE INTO due VALUES (?, ?)", (name, due))
            finally:
                self._file.execute("COMMIT")
        if not fits:
            raise TooMuch(
                "too many requests",
                code="too_many",
                value=f"over {count} in {seconds} s",
                remedy="Wait, then ask again.",
                wait=int(due - now - seconds) + 1,
            )

    def sweep(self) -> None:
        """Forget those whose requests lie long enough back to count no more."""
        with self._lock:
            self._file.execute("DELETE FROM due WHERE at < ?", (time.time(),))
