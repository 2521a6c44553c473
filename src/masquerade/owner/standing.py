"""Whether a file is still the one that a job has seen, or has written."""

import errno
import os
import stat
from hashlib import file_digest
from pathlib import Path
from typing import Final

NO_FILE: Final = "no regular file"
"""What ``digest`` says of a link, a folder, a pipe, and of a file that cannot be read."""


def glance(path: Path) -> str:
    """What tells cheaply that a file was not touched: length, times of change of contents and of the file, number.

    Whoever puts another file in its place, or sets its time back, changes the last two. Only a file system without
    them (exFAT) shows no more than length and time.
    """
    try:
        about = path.stat()
    except OSError:
        return ""
    return f"{about.st_size} {about.st_mtime_ns} {about.st_ctime_ns} {about.st_ino}"


def digest(path: Path) -> str | None:
    """SHA-256 of what stands under a name, hexadecimal; None if nothing does, ``NO_FILE`` if it is no file to read."""
    try:
        # Without blocking, since opening a pipe that nobody writes to would wait for ever.
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        return None if error.errno == errno.ENOENT else NO_FILE
    with os.fdopen(handle, "rb") as file:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            return NO_FILE
        try:
            return file_digest(file, "sha256").hexdigest()
        except OSError:
            return NO_FILE


def same_file(one: Path, other: Path) -> bool:
    """Whether two names are of one file or folder, as on a disk that does not tell upper from lower case."""
    try:
        return one.samefile(other)
    except OSError:
        return False
