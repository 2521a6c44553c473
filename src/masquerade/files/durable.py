"""Files that appear whole or not at all, and stay after a power cut: one writer for keys, MaskNets and all else."""

import errno
import os
import re
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from secrets import token_hex
from typing import Final

from masquerade.errors import UsageError, WriteFailed
from masquerade.files.handles import BINARY, CLOEXEC, NOFOLLOW, NONBLOCK, POSIX, lock_open
from masquerade.files.permissions import require_kept

Part = bytes | memoryview

RESUMABLE: Final = (
    "Free space or repair the disk and run the same command again: it goes on where it stopped."
)
_OWNER_ONLY: Final = 0o600
_DRAFT: Final = re.compile(r"\.masquerade-[0-9a-f]{16}\.tmp")
_WITHOUT_LINKS: Final = {errno.EPERM, errno.EOPNOTSUPP, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK}
"""What file systems answer that have no hard links: exFAT, some network disks."""
_WITHOUT_SYNC: Final = {errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EBADF, errno.ENOSYS}
"""What file systems answer that cannot sync a folder: SMB, sshfs, WSL. There is nothing to be done about it."""


def write_durably(
    path: Path,
    parts: Iterable[Part],
    mode: int = 0o644,
    *,
    replace: bool = True,
    secret: bool = False,
) -> None:
    """Write a file: a draft of a random name, fsync, rename, fsync of the folder.

    No link is followed: neither the draft's name, which nobody can guess, nor the final one, which is replaced.

    Args:
        path: Final name.
        parts: Contents, piece after piece.
        mode: Permissions of the file, before the process's mask; exact if nobody else has any.
        replace: Whether whatever stands there may be replaced.
        secret: Whether it must not be written where others could read it.

    Raises:
        UsageError: If something stands there and may not be replaced.
        WriteFailed: If the system refuses a step, or keeps no permissions and the file is secret. The final name
            then holds what it held before, or, when only the last step failed, the whole new file.
    """
    with named_failures(path):
        handle, draft = _new_draft(path.parent, mode)
        try:
            try:
                if secret:
                    require_kept(handle, path)
                _write_and_sync(handle, map(memoryview, parts))
                if POSIX:
                    _give_name(draft, path, replace=replace)
            finally:
                os.close(handle)
            if not POSIX:  # nobody holds the draft for this moment, and whoever clears then fails us
                _give_name(draft, path, replace=replace)
            sync_folder(path.parent)
        except Exception:
            with suppress(OSError):
                os.unlink(draft)  # noqa: PTH108 - all steps through os, so that tests can fail each
            raise


def write_draft(folder: Path, parts: Iterable[Part], mode: int = 0o644) -> str:
    """Write a file that has no final name yet, for another process to give it one; gives the draft's name.

    Args:
        folder: Where it shall stand.
        parts: Contents, piece after piece.
        mode: Permissions of the file, before the process's mask.

    Raises:
        WriteFailed: If the system refuses a step.
    """
    with named_failures(folder):
        handle, draft = _new_draft(folder, mode)
        try:
            _write_and_sync(handle, map(memoryview, parts))
        except Exception:
            with suppress(OSError):
                os.unlink(draft)  # noqa: PTH108 - as above
            raise
        finally:
            os.close(handle)
    return draft.name


def adopt_draft(draft: str, path: Path) -> None:
    """Give a draft that another process has written to its end the name ``path``, in the same folder.

    Raises:
        UsageError: If it is not called like a draft.
        WriteFailed: If the system refuses a step, or the draft is gone.
    """
    if _DRAFT.fullmatch(draft) is None:
        raise UsageError("not the name of a draft", value=draft[:100], place=path.parent)
    with named_failures(path):
        _give_name(path.parent / draft, path, replace=True)
        sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make the names in ``folder`` survive a power cut, where its file system can.

    Raises:
        WriteFailed: If the disk fails.
    """
    with named_failures(folder):
        try:
            handle = os.open(folder, os.O_RDONLY | CLOEXEC)
        except PermissionError:  # a folder that may be written to, but not listed
            return
        try:
            os.fsync(handle)
        except OSError as error:
            if error.errno not in _WITHOUT_SYNC:
                raise
        finally:
            os.close(handle)


def remove(path: Path) -> None:
    """Remove a file, if it is there.

    Raises:
        WriteFailed: If the system refuses.
    """
    with named_failures(path), suppress(FileNotFoundError):
        os.unlink(path)  # noqa: PTH108 - as above


def is_draft(path: Path) -> bool:
    """Whether a file is called like one that was not written to its end."""
    return _DRAFT.fullmatch(path.name) is not None


def clear_drafts(folder: Path) -> None:
    """Remove the drafts that killed processes have left in a folder; those that are being written stay."""
    with suppress(OSError):
        for path in filter(is_draft, folder.iterdir()):
            with suppress(OSError):
                _clear(path)


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


def _new_draft(folder: Path, mode: int) -> tuple[int, Path]:
    """A new file, locked, so that nobody takes it for a leftover."""
    while True:
        draft = folder / f".masquerade-{token_hex(8)}.tmp"
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | NOFOLLOW | CLOEXEC | BINARY, mode)
        try:
            if mode & 0o077 == 0:
                _close_to_others(handle, mode)
            if _is_mine(handle, draft):
                return handle, draft
        except OSError:
            os.close(handle)
            with suppress(OSError):
                os.unlink(draft)  # noqa: PTH108 - as above
            raise
        os.close(handle)


def _close_to_others(handle: int, mode: int) -> None:
    """Exactly this mode, whatever the umask took away; file systems without permissions go without."""
    if not POSIX:
        return
    try:
        os.fchmod(handle, mode)
    except OSError as error:
        if error.errno not in _WITHOUT_LINKS:
            raise


def _is_mine(handle: int, draft: Path) -> bool:
    """Lock a draft; False if somebody has cleared it away before."""
    try:
        lock_open(handle)
    except BlockingIOError:
        return False
    except OSError:  # a file system without locks, where nobody clears
        return True
    return _same(handle, draft)


def _clear(path: Path) -> None:
    handle = os.open(path, os.O_RDWR | NOFOLLOW | NONBLOCK | CLOEXEC)
    try:
        if stat.S_ISREG(os.fstat(handle).st_mode):
            lock_open(handle)
            os.unlink(path)  # noqa: PTH108 - as above
    finally:
        os.close(handle)


def _same(handle: int, path: Path) -> bool:
    """Whether an open file still has this name."""
    try:
        return os.path.samestat(os.fstat(handle), os.lstat(path))
    except FileNotFoundError:
        return False


def _write_and_sync(handle: int, parts: Iterable[memoryview]) -> None:
    for rest in parts:
        start = 0
        while start < rest.nbytes:
            start += os.write(handle, rest[start:])
    os.fsync(handle)


def _give_name(draft: Path, path: Path, *, replace: bool) -> None:
    if replace:
        os.replace(draft, path)  # noqa: PTH105 - as above
        return
    try:
        _take_name(draft, path)
    except FileExistsError:
        raise UsageError(
            "the file exists already", place=path, remedy="Choose another name, or ask to overwrite it."
        ) from None


def _take_name(draft: Path, path: Path) -> None:
    """Give a draft a name that is not taken."""
    try:
        os.link(draft, path)  # unlike a rename, it fails if the name is taken
    except OSError as error:
        if error.errno not in _WITHOUT_LINKS:
            raise
    else:
        os.unlink(draft)  # noqa: PTH108 - as above
        return
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | NOFOLLOW, _OWNER_ONLY))
    try:
        os.replace(draft, path)  # noqa: PTH105 - as above
    except OSError:
        with suppress(OSError):
            os.unlink(path)  # noqa: PTH108 - as above
        raise
