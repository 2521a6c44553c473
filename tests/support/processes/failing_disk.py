# ruff: noqa: ANN401, PTH105 - stand-ins take what the real ones take
"""Stand-ins for ``os`` and ``sqlite3`` that fail, or record, what a writer asks of them."""

import os
import sqlite3
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

STEPS = ("open", "write", "fsync", "replace", "link", "ftruncate", "pwrite", "unlink")


class Counted:
    """``os`` that calls ``before`` at each step that touches the disk, so that it can raise."""

    def __init__(self, before: Callable[[str], None]) -> None:
        self._before = before

    def __getattr__(self, name: str) -> Any:
        step = getattr(os, name)
        if name not in STEPS:
            return step

        def counted(*args: Any, **options: Any) -> Any:
            self._before(name)
            return step(*args, **options)

        return counted


class CountedLedger:
    """``sqlite3`` whose connections call ``before`` at each statement."""

    OperationalError = sqlite3.OperationalError
    DatabaseError = sqlite3.DatabaseError

    def __init__(self, before: Callable[[str], None]) -> None:
        self._before = before

    def connect(self, *args: Any, **options: Any) -> "CountedLedger":
        self._base = sqlite3.connect(*args, **options)
        return self

    def execute(self, *args: Any) -> sqlite3.Cursor:
        self._before("execute")
        return self._base.execute(*args)

    def executescript(self, script: str) -> sqlite3.Cursor:
        self._before("execute")
        return self._base.executescript(script)

    def close(self) -> None:
        self._base.close()


class PowerCut:
    """``os`` that keeps account of what a power cut would leave: synced data under synced names.

    ``lazy`` leaves out every fsync, as a writer does that knows no better.
    """

    def __init__(self, lazy: str = "") -> None:
        self._lazy = lazy
        self._paths: dict[int, Path] = {}
        self._synced: dict[Path, str] = {}
        self._renamed: dict[Path, str] = {}
        self.durable: dict[Path, str] = {}

    def open(self, path: Path, *args: Any) -> int:
        handle = os.open(path, *args)
        self._paths[handle] = Path(path)
        return handle

    def fsync(self, handle: int) -> None:
        path = self._paths[handle]
        if path.is_dir() and self._lazy != "folder":
            self.durable |= {name: data for name, data in self._renamed.items() if name.parent == path}
        elif path.is_file() and self._lazy != "file":
            self._synced[path] = sha256(path.read_bytes()).hexdigest()

    def replace(self, old: Path, new: Path) -> None:
        os.replace(old, new)
        self._renamed[Path(new)] = self._synced.pop(Path(old), "never synced")

    def __getattr__(self, name: str) -> Any:
        return getattr(os, name)
