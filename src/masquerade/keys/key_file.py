"""Key files on disk: read only if nobody else can read them, written whole or not at all."""

import errno
import os
import stat
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from secrets import token_hex
from typing import Final

from masquerade.errors import CorruptKey, ExposedKey, KeyFileError, UsageError
from masquerade.keys.key_text import KeyText, parse
from masquerade.keys.opaque import Secret

_LARGEST: Final = 4096
_OWNER_ONLY: Final = 0o600
_O_NONBLOCK: Final = getattr(os, "O_NONBLOCK", 0)
"""Opening a pipe must not wait for a writer."""


@dataclass(frozen=True)
class KeyFacts:
    """What a key file tells without its passphrase.

    Args:
        fingerprint: Fingerprint of the key, 32 hexadecimal digits.
        created: When it was written, UTC.
        protected: Whether a passphrase is needed.
    """

    fingerprint: str
    created: datetime
    protected: bool


def describe(path: str | os.PathLike[str]) -> KeyFacts:
    """Read what a key file says about itself; a sealed secret stays sealed.

    Args:
        path: The key file.

    Raises:
        KeyFileError: If the file cannot be read; ``CorruptKey``, ``UnsupportedKeyVersion`` or ``ExposedKey``
            if it can but is damaged, of another version, or readable by others.
    """
    text = read(Path(path))
    return KeyFacts(text.fingerprint, text.created, text.protection is not None)


def read(path: Path) -> KeyText:
    """Read a key file.

    Raises:
        KeyFileError: As ``describe`` says.
    """
    try:
        return parse(_content(path), path)
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise KeyFileError(
            "the key file cannot be read", value=reason, place=path, remedy="`masquerade key new` makes one."
        ) from None


def _content(path: Path) -> Secret:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | _O_NONBLOCK)
    try:
        _require_private(os.fstat(descriptor), path)
        content = Secret(os.read(descriptor, _LARGEST + 1))
    finally:
        os.close(descriptor)
    if len(content) > _LARGEST:
        raise CorruptKey("not a key file: it is too long", place=path, remedy="Name the key file.")
    return content


def _require_private(status: os.stat_result, path: Path) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise KeyFileError("not a file", place=path, remedy="Name the key file itself.")
    if os.name == "posix" and status.st_mode & 0o077:
        raise ExposedKey(
            "others than its owner may use the key file",
            value=f"mode {stat.S_IMODE(status.st_mode):04o}",
            place=path,
            remedy=f"Run `chmod 600 {path}`, and make a new key if somebody may have read it.",
        )


def write(path: Path, content: Secret, *, overwrite: bool) -> None:
    """Write a key file, mode 0600 from its first moment: the whole of it appears, or nothing.

    Args:
        path: Where to.
        content: All bytes of it.
        overwrite: Whether an existing file may be replaced.

    Raises:
        UsageError: If the file exists and may not be replaced.
        KeyFileError: If it cannot be written.
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
            "the key file exists already", place=path, remedy="Choose another name, or ask to overwrite it."
        ) from None
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise KeyFileError(
            "the key file cannot be written",
            value=reason,
            place=path,
            remedy="Check the folder and its space.",
        ) from None
    finally:
        with suppress(OSError):
            draft.unlink()


def _write_new(path: Path, content: Secret) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, _OWNER_ONLY)
    with os.fdopen(descriptor, "wb", buffering=0) as file:
        os.fchmod(descriptor, _OWNER_ONLY)  # whatever the umask took away
        written = file.write(content.reveal())
        if written != len(content):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        os.fsync(descriptor)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
