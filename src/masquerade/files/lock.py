"""One process at a time: locks that the operating system drops when their holder dies."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path

from masquerade.errors import JobBusy
from masquerade.files.durable import named_failures
from masquerade.files.handles import CLOEXEC, NOFOLLOW, lock_open, write_alone


@contextmanager
def only_process(path: Path, what: str) -> Iterator[None]:
    """Hold a file that is to be written for this process, by a lock file beside it that is gone afterwards.

    File systems without locks go without.

    Args:
        path: The file; its folder must exist.
        what: What the other process does, for the message.

    Raises:
        JobBusy: If another process holds it.
        WriteFailed: If the lock file cannot be made.
    """
    lock_file = path.with_name(f".masquerade-{sha256(os.fsencode(path.name)).hexdigest()[:16]}.lock")
    handle = _opened(lock_file, path, what)
    try:
        write_alone(handle, f"{os.getpid()}\n")
        yield
    finally:
        with suppress(OSError):
            lock_file.unlink()
        os.close(handle)


def take(handle: int, place: object, what: str, names_holder: int | None = None) -> None:
    """Lock an open file.

    Args:
        handle: The file.
        place: What is locked by it, for the message.
        what: What the other process does.
        names_holder: An open file that says which process holds it, if there is one.

    Raises:
        JobBusy: If another process, or another job of this one, holds it.
        OSError: If the file system has no locks.
    """
    try:
        lock_open(handle)
    except BlockingIOError:
        raise JobBusy(
            what, value=_holder(names_holder), place=place, remedy="Wait for it to finish, or stop it."
        ) from None


def _opened(lock_file: Path, path: Path, what: str) -> int:
    """The lock file, locked; another one if its holder has just removed it."""
    while True:
        with named_failures(lock_file):
            handle = os.open(lock_file, os.O_RDWR | os.O_CREAT | NOFOLLOW | CLOEXEC, 0o600)
        try:
            with suppress(OSError):
                take(handle, path, what, handle)
            if _stands(handle, lock_file):
                return handle
        except JobBusy:
            os.close(handle)
            raise
        os.close(handle)


def _stands(handle: int, lock_file: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(handle), lock_file.stat())
    except FileNotFoundError:
        return False


def _holder(handle: int | None) -> str | None:
    if handle is None:
        return None
    os.lseek(handle, 0, os.SEEK_SET)
    text = os.read(handle, 32).decode("ascii", "replace").strip()
    return f"process {text}" if text.isdigit() else None
