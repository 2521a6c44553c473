"""One writer at a time: a lock that the operating system drops when its holder dies."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from masquerade.errors import JobBusy
from masquerade.released.durable import named_failures


@contextmanager
def only_writer(folder: Path, lock_file: Path) -> Iterator[None]:
    """Hold a released folder and its ledger for this process.

    The lock file lies beside the ledger, on the owner's side, and names the process that holds it. It is
    never removed, so that nobody can lock a file that has just been unlinked. The folder itself is locked as
    well, which leaves no trace in it, and keeps out a job with another key; file systems that cannot lock a
    folder go without.

    Args:
        folder: The released folder, existing.
        lock_file: Created when missing.

    Raises:
        JobBusy: If another process, or another job of this one, holds either.
        WriteFailed: If the lock file cannot be created.
    """
    with ExitStack() as held:
        with named_failures(lock_file):
            handle = os.open(lock_file, os.O_RDWR | os.O_CREAT, 0o600)
        held.callback(os.close, handle)
        with named_failures(lock_file):
            _lock(handle, folder, handle)
            os.ftruncate(handle, 0)
            os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
        with named_failures(folder):
            directory = os.open(folder, os.O_RDONLY)
        held.callback(os.close, directory)
        _lock(directory, folder, None)
        yield


def _lock(handle: int, folder: Path, names_holder: int | None) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise JobBusy(
            "another process is writing this data set",
            value=_holder(names_holder),
            place=folder,
            remedy="Wait for it to finish, or stop it.",
        ) from None
    except OSError:
        if names_holder is not None:
            raise


def _holder(handle: int | None) -> str | None:
    if handle is None:
        return None
    text = os.pread(handle, 32, 0).decode("ascii", "replace").strip()
    return f"process {text}" if text.isdigit() else None
