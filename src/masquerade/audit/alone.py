"""One process makes a file that several want: the others wait for it, and find it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from masquerade.files.durable import named_failures
from masquerade.files.handles import CLOEXEC, NOFOLLOW, lock_open

SUFFIX: Final = ".lock"


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Hold a file that is to be made, by a lock beside it, which the system drops when its holder dies.

    Whoever else wants it waits until it is made, or its maker has died. File systems without locks go without: then
    two processes may do the same work, and the later file replaces an equal one.

    Args:
        path: The file; its folder must exist.

    Raises:
        WriteFailed: If the lock cannot be made.
    """
    lock = path.with_name(path.name + SUFFIX)
    handle = _locked(lock)
    try:
        yield
    finally:
        with suppress(OSError):
            lock.unlink()
        os.close(handle)


def _locked(lock: Path) -> int:
    """The lock, opened and held; opened again where its last holder has just removed it."""
    while True:
        with named_failures(lock):
            handle = os.open(lock, os.O_RDWR | os.O_CREAT | NOFOLLOW | CLOEXEC, 0o600)
        with suppress(OSError):
            lock_open(handle, wait=True)
        with suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(handle), lock.stat()):
                return handle
        os.close(handle)
