"""Writes files that their owner alone may read."""

import os
from contextlib import suppress
from pathlib import Path
from secrets import token_hex

from masquerade.errors import UsageError, WriteFailed

_OWNER_ONLY = 0o600


def write_private(path: Path, content: bytes, *, overwrite: bool) -> None:
    """Write a file, mode 0600 from its first moment: the whole of it appears, or nothing.

    Args:
        path: Where to.
        content: All bytes of it.
        overwrite: Whether an existing file may be replaced.

    Raises:
        UsageError: If the file exists and may not be replaced.
        WriteFailed: If the disk refuses.
    """
    draft = path.with_name(f".{path.name}.{token_hex(8)}.tmp")
    try:
        _write_new(draft, content)
        if overwrite:
            draft.replace(path)
        else:
            os.link(draft, path)  # unlike a rename, it fails if the name is taken
        _sync_folder(path.parent)
    except FileExistsError:
        raise UsageError(
            "the file exists already", place=path, remedy="Choose another name, or ask to overwrite it."
        ) from None
    except OSError as error:
        raise WriteFailed(
            "cannot write", value=error.strerror, place=path, remedy="Check the folder and its space."
        ) from None
    finally:
        with suppress(OSError):
            draft.unlink()


def _write_new(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, _OWNER_ONLY)
    with os.fdopen(descriptor, "wb") as file:
        os.fchmod(descriptor, _OWNER_ONLY)  # whatever the umask took away
        file.write(content)
        file.flush()
        os.fsync(descriptor)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
