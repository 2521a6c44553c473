"""Whether a file is still the one that a job has seen, or has written."""

import errno
import os
import stat
from hashlib import file_digest
from pathlib import Path
from typing import Final
from unicodedata import normalize

from masquerade.files.handles import BINARY, NOFOLLOW, NONBLOCK

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
        handle = os.open(path, os.O_RDONLY | NOFOLLOW | NONBLOCK | BINARY)
    except OSError as error:
        return None if error.errno == errno.ENOENT else NO_FILE
    with os.fdopen(handle, "rb") as file:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            return NO_FILE
        try:
            return file_digest(file, "sha256").hexdigest()
        except OSError:
            return NO_FILE


def as_spelt(path: Path) -> Path:
    """An absolute path as the disk spells it, where the disk takes several spellings for one name.

    Sticks, Windows and macOS do not tell upper from lower case, some not how accents are written; numbers of files
    do not show it everywhere.
    """
    found = Path(path.anchor)
    for part in path.parts[1:]:
        found /= _entry(found, part)
    return found


def _entry(folder: Path, name: str) -> str:
    try:
        there = [each.name for each in folder.iterdir()]
    except OSError:
        return name
    if name in there:
        return name
    alike = [other for other in there if folded(other) == folded(name)]
    # a disk that tells them apart has the one and not the other
    return alike[0] if alike and os.path.lexists(folder / name) else name


def folded(name: str) -> str:
    """A name without its case and its way to write accents."""
    return normalize("NFC", name).casefold()
