"""One writer at a time: a lock that the operating system drops when its holder dies."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Final

from masquerade.files.durable import named_failures
from masquerade.files.handles import NOFOLLOW, POSIX, write_alone
from masquerade.files.lock import take

_BUSY: Final = "another process is writing this data set"


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
            handle = os.open(lock_file, os.O_RDWR | os.O_CREAT | NOFOLLOW, 0o600)
        held.callback(os.close, handle)
        with named_failures(lock_file):
            take(handle, folder, _BUSY, handle)
            write_alone(handle, f"{os.getpid()}\n")
        if POSIX:
            with named_failures(folder):
                directory = os.open(folder, os.O_RDONLY)
            held.callback(os.close, directory)
            with suppress(OSError):
                take(directory, folder, _BUSY)
        yield
