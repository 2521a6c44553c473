"""File systems that keep no permissions, such as exFAT's, and secrets that lie on them."""

import os
import stat
from contextlib import suppress
from pathlib import Path
from secrets import token_hex
from typing import Final

from masquerade.errors import WriteFailed
from masquerade.files.handles import CLOEXEC, NOFOLLOW

ACCEPTED: Final = "MASQUERADE_EXPOSED_OK"
"""Variable that says, as 1, that nobody else can reach the disk."""
WHAT: Final = "the file system keeps no permissions, so that others may use the file"
REMEDY: Final = (
    f"Mount the disk for yourself alone (umask=077); or set {ACCEPTED}=1, if nobody else can reach it."
)


def is_exposed(mode: int) -> bool:
    """Whether others than its owner may use a file of that mode, and nobody has said that it does not matter."""
    return os.name == "posix" and bool(mode & 0o077) and os.environ.get(ACCEPTED) != "1"


def keeps_permissions(folder: Path) -> bool:
    """Whether a folder's file system lets a file be closed to others; tried by making one.

    Where none can be made, nothing is known, and True is returned.
    """
    trial = folder / f".masquerade-{token_hex(8)}.tmp"
    try:
        handle = os.open(trial, os.O_WRONLY | os.O_CREAT | os.O_EXCL | NOFOLLOW | CLOEXEC, 0o600)
    except OSError:
        return True
    try:
        return not os.fstat(handle).st_mode & 0o077
    finally:
        os.close(handle)
        with suppress(OSError):
            trial.unlink()


def require_kept(handle: int, place: object) -> None:
    """Pass if an open file, made for its owner alone, is so.

    Raises:
        WriteFailed: If others may use it.
    """
    mode = os.fstat(handle).st_mode
    if is_exposed(mode):
        raise WriteFailed(WHAT, value=f"mode {stat.S_IMODE(mode):04o}", place=place, remedy=REMEDY)
