"""Files that appear whole or not at all, and stay after a power cut."""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from masquerade.errors import WriteFailed

Part = bytes | memoryview

RESUMABLE = "Free space or repair the disk and run the same command again: it goes on where it stopped."


def temporary(path: Path) -> Path:
    """The name under which ``path`` is written before it is whole."""
    return path.with_name(f".{path.name}.tmp")


def write_durably(path: Path, parts: Iterable[Part], mode: int = 0o644) -> None:
    """Write a file: temporary name, fsync, rename, fsync of the folder.

    Args:
        path: Final name; whatever stands there is replaced.
        parts: Contents, piece after piece.
        mode: Permissions of the file, before the process's mask.

    Raises:
        WriteFailed: If the system refuses a step. The final name then holds what it held before, or, when
            only the last step failed, the whole new file.
    """
    partial = temporary(path)
    with named_failures(path):
        try:
            _write_and_sync(partial, parts, mode)
            os.replace(partial, path)  # noqa: PTH105 - all steps through os, so that tests can fail each
            sync_folder(path.parent)
        except OSError:
            with suppress(OSError):
                os.unlink(partial)  # noqa: PTH108 - as above
            raise


def sync_folder(folder: Path) -> None:
    """Make the names in ``folder`` survive a power cut."""
    with named_failures(folder):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def remove(path: Path) -> None:
    """Remove a file, if it is there.

    Raises:
        WriteFailed: If the system refuses.
    """
    with named_failures(path), suppress(FileNotFoundError):
        os.unlink(path)  # noqa: PTH108 - as above


@contextmanager
def named_failures(place: object) -> Iterator[None]:
    """Turn what the operating system refuses into a ``WriteFailed`` that names ``place``."""
    try:
        yield
    except OSError as error:
        raise WriteFailed(
            "cannot write",
            value=error.strerror,
            place=place,
            remedy=RESUMABLE,
        ) from error


def _write_and_sync(path: Path, parts: Iterable[Part], mode: int) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    try:
        for part in parts:
            rest = memoryview(part)
            while rest:
                rest = rest[os.write(handle, rest) :]
        os.fsync(handle)
    finally:
        os.close(handle)
