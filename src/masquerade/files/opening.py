"""Opens files of others for reading: a pipe does not hold the program up, and a size is asked for before memory is."""

import errno
import os
import stat
from collections.abc import Iterator
from io import BufferedReader
from pathlib import Path
from typing import Final

from masquerade.files.handles import BINARY, CLOEXEC, NONBLOCK

_FLAGS: Final = os.O_RDONLY | CLOEXEC | NONBLOCK | BINARY


def open_file(path: Path, largest: int | None = None) -> BufferedReader:
    """A file, open for reading bytes; links are followed.

    Args:
        path: The file.
        largest: Bytes that it may have; None for any number.

    Raises:
        OSError: If it cannot be opened, is a folder, pipe or device, or is larger.
    """
    handle = os.open(path, _FLAGS)
    try:
        _require_usual(os.fstat(handle), path, largest)
        return os.fdopen(handle, "rb")
    except BaseException:
        os.close(handle)
        raise


def read_file(path: Path, largest: int) -> bytes:
    """All bytes of a file.

    Raises:
        OSError: As ``open_file``.
    """
    with open_file(path, largest) as file:
        content = file.read(largest + 1)
    if len(content) > largest:  # it grew
        raise OSError(errno.EFBIG, f"larger than {largest:,} bytes", str(path))
    return content


def read_parts(path: Path) -> Iterator[bytes]:
    """The bytes of a file, a mebibyte at a time.

    Raises:
        OSError: As ``open_file``.
    """
    with open_file(path) as file:
        while part := file.read(1 << 20):
            yield part


def read_text(path: Path, largest: int) -> str:
    """The text of a file in UTF-8, with or without a byte-order mark.

    Raises:
        OSError: As ``open_file``.
        UnicodeDecodeError: If it is not UTF-8.
    """
    return read_file(path, largest).decode("utf-8-sig")


def _require_usual(status: os.stat_result, path: Path, largest: int | None) -> None:
    if stat.S_ISDIR(status.st_mode):
        raise OSError(errno.EISDIR, "a folder, not a file", str(path))
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.EINVAL, "a pipe or device, not a file", str(path))
    if largest is not None and status.st_size > largest:
        raise OSError(errno.EFBIG, f"larger than {largest:,} bytes", str(path))
