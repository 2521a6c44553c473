"""A lock that processes take turns at, by the system's queue, and that nobody waits for without end."""

import fcntl
import math
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, final

from masquerade.errors import OutOfOrder

PATIENCE: Final = 10.0
"""Seconds that a writer waits for another process."""
HURRY: Final = 1.0
"""Seconds that are left to who waits, once the service is told to stop."""
_LOOK: Final = 0.1


@final
class FileLock:
    """One file's lock; ``fcntl`` has no waiting with an end, so a thread waits where it is taken.

    Args:
        path: The lock's file, made where there is none.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._latest = math.inf

    def hurry(self) -> None:
        """The service is told to stop: nobody waits much longer."""
        self._latest = min(self._latest, time.monotonic() + HURRY)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Within, no other process holds it.

        Raises:
            OutOfOrder: If another process does not let go of it.
        """
        handle = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            handle = self._waited(handle)
        except BaseException:
            os.close(handle)
            raise
        try:
            yield
        finally:
            os.close(handle)

    def _waited(self, handle: int) -> int:
        got, given_up = threading.Event(), threading.Event()
        turn = threading.Lock()

        def wait() -> None:
            fcntl.flock(handle, fcntl.LOCK_EX)
            with turn:
                if given_up.is_set():
                    os.close(handle)
                got.set()

        threading.Thread(target=wait, name="lock", daemon=True).start()
        begun = time.monotonic()
        while not got.wait(_LOOK):
            now = time.monotonic()
            if now > min(begun + PATIENCE, self._latest):
                with turn:
                    if not got.is_set():
                        given_up.set()
                        raise self._busy(now - begun)
        return handle

    def _busy(self, seconds: float) -> OutOfOrder:
        return OutOfOrder(
            "another process holds the database",
            code="busy",
            value=f"{seconds:.0f} s",
            place=self._path,
            remedy=f"Try again; if it stays so, find who has {self._path.name} open (`fuser {self._path}`): a command "
            "that was stopped goes on with `fg`.",
            wait=5,
        )
