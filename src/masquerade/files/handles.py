"""Open files where systems differ: flags that only some have, and locks that end with their holder."""

import errno
import os
import time
from contextlib import suppress
from importlib import import_module
from typing import Any, Final

NOFOLLOW: Final[int] = getattr(os, "O_NOFOLLOW", 0)
"""Refuses to open a link; 0 where a link needs rights that few have (Windows)."""
CLOEXEC: Final[int] = getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOINHERIT", 0)
"""Keeps the file from other programs that are started."""
NONBLOCK: Final[int] = getattr(os, "O_NONBLOCK", 0)
"""Does not wait for the other end of a pipe."""
BINARY: Final[int] = getattr(os, "O_BINARY", 0)
"""Leaves the ends of lines alone."""
POSIX: Final = os.name == "posix"
"""Whether a file can be renamed while it is open, and a folder be opened; Windows does neither."""
_FAR: Final = 1 << 30
"""A byte that no file we lock has: Windows refuses to let others read the ones that are locked."""
_LOOK: Final = 0.1


def lock_open(handle: int, *, wait: bool = False) -> None:
    """Lock an open file; the system drops the lock when the file is closed, or its holder dies.

    Args:
        handle: The file; where the system can open them, a folder.
        wait: Whether to wait while somebody else holds it.

    Raises:
        BlockingIOError: If somebody else holds it, and not to wait was asked for.
        OSError: If the file system, or the system, has no locks.
    """
    if _FCNTL is not None:
        _FCNTL.flock(handle, _FCNTL.LOCK_EX | (0 if wait else _FCNTL.LOCK_NB))
    elif _MSVCRT is not None:
        while not _lock_byte(handle, _MSVCRT):
            if not wait:
                raise BlockingIOError(errno.EAGAIN, "somebody else holds the file")
            time.sleep(_LOOK)
    else:
        raise OSError(errno.ENOLCK, "this system has no locks")


def write_alone(handle: int, text: str) -> None:
    """Make a text the whole content of an open file."""
    os.ftruncate(handle, 0)
    os.lseek(handle, 0, os.SEEK_SET)
    os.write(handle, text.encode())


def _lock_byte(handle: int, msvcrt: Any) -> bool:  # noqa: ANN401 - a module that type checkers know on Windows only
    before = os.lseek(handle, 0, os.SEEK_CUR)
    os.lseek(handle, _FAR, os.SEEK_SET)
    try:
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
    except OSError as error:
        if error.errno not in (errno.EACCES, errno.EAGAIN, errno.EDEADLK):
            raise
        return False
    finally:
        os.lseek(handle, before, os.SEEK_SET)
    return True


def _module(name: str) -> Any:  # noqa: ANN401 - as above
    with suppress(ImportError):
        return import_module(name)
    return None


_FCNTL: Final = _module("fcntl")
_MSVCRT: Final = _module("msvcrt")
