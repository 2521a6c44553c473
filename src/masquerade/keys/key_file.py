"""Key files on disk: read only if nobody else can read them, written whole or not at all."""

import os
import stat
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from masquerade.errors import CorruptKey, ExposedKey, KeyFileError, UsageError, WriteFailed
from masquerade.files.durable import write_durably
from masquerade.files.handles import CLOEXEC, NONBLOCK
from masquerade.files.kinds import Kind, kind_behind, named
from masquerade.files.permissions import REMEDY, WHAT, is_exposed, keeps_permissions
from masquerade.keys.key_text import KeyText, parse
from masquerade.keys.opaque import Secret

_LARGEST: Final = 4096
_BEGINNING: Final = b"masquerade-key/"
_OWNER_ONLY: Final = 0o600
_LOST: Final = (
    "`masquerade key new` makes a key. If it is one that you had, no other opens what was disguised with it, data and "
    "models: bring back a copy, by `masquerade key restore` from a backup."
)


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


def describe(path: str | os.PathLike[str], *, to_lock: bool = False) -> KeyFacts:
    """Read what a key file says about itself; a sealed secret stays sealed.

    Args:
        path: The key file.
        to_lock: As ``read`` says.

    Raises:
        KeyFileError: If the file cannot be read; ``CorruptKey``, ``UnsupportedKeyVersion`` or ``ExposedKey``
            if it can but is damaged, of another version, or readable by others.
    """
    text = read(Path(path), to_lock=to_lock)
    return KeyFacts(text.fingerprint, text.created, text.protection is not None)


def read(path: Path, *, to_lock: bool = False) -> KeyText:
    """Read a key file.

    Args:
        path: The file.
        to_lock: Whether one is read that no passphrase locks, though the file system cannot close it to others.

    Raises:
        KeyFileError: As ``describe`` says.
    """
    try:
        content, mode = _content(path)
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise KeyFileError(
            "the key file cannot be read",
            value=reason,
            place=path,
            remedy=_LOST if isinstance(error, FileNotFoundError) else "Name the key file.",
        ) from None
    _require_key(content, path)
    if is_exposed(mode):
        _require_sealed(content, mode, path, to_lock)
    return parse(content, path)


def _content(path: Path) -> tuple[Secret, int]:
    # Without blocking: opening a pipe must not wait for a writer.
    descriptor = os.open(path, os.O_RDONLY | CLOEXEC | NONBLOCK)
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise KeyFileError("not a file", place=path, remedy="Name the key file itself.")
        content = Secret(os.read(descriptor, _LARGEST + 1))
    finally:
        os.close(descriptor)
    if len(content) > _LARGEST:
        _require_key(content, path)
        raise CorruptKey("not a key file: it is too long", place=path, remedy="Name the key file.")
    return content, status.st_mode


def _require_key(content: Secret, path: Path) -> None:
    """Pass if it is not another file of ours, before its permissions are spoken of."""
    if _BEGINNING in content.reveal()[: len(_BEGINNING) + 3]:
        return
    found = kind_behind(path)
    if found not in (Kind.OTHER, Kind.EMPTY, Kind.KEY):
        raise CorruptKey(f"{path} is {found}, not a key", remedy=named(Kind.KEY))


def _require_sealed(content: Secret, mode: int, path: Path, to_lock: bool) -> None:
    """Pass if nobody could help that the file is open, and who reads it lacks the passphrase."""
    exposed = f"mode {stat.S_IMODE(mode):04o}"
    if keeps_permissions(path.parent):
        raise ExposedKey(
            "others than its owner may use the key file",
            value=exposed,
            place=path,
            remedy=f"Run `chmod 600 {path}`, and make a new key if somebody may have read it.",
        )
    if parse(content, path).protection is None and not to_lock:
        raise ExposedKey(WHAT, value=exposed, place=path, remedy=_remedy(path))


def _remedy(path: Path) -> str:
    return f"Lock it: `masquerade key passphrase {path}`. Or else: {REMEDY}"


def write(path: Path, content: Secret, *, overwrite: bool, sealed: bool = False) -> None:
    """Write a key file, mode 0600 from its first moment: the whole of it appears, or nothing.

    Args:
        path: Where to.
        content: All bytes of it.
        overwrite: Whether an existing file may be replaced.
        sealed: Whether it is of no use to who reads it, since its secret is under a passphrase.

    Raises:
        UsageError: If the file exists and may not be replaced.
        KeyFileError: If it cannot be written, or others could read it.
    """
    parts = (envelope.reveal() for envelope in (content,))
    try:
        write_durably(path, parts, _OWNER_ONLY, replace=overwrite, secret=not sealed)
    except UsageError:
        raise UsageError(
            "the key file exists already", place=path, remedy="Choose another name, or ask to overwrite it."
        ) from None
    except WriteFailed as error:
        raise _unwritable(error, path) from None


def _unwritable(error: WriteFailed, path: Path) -> KeyFileError:
    if error.problem == WHAT:
        return ExposedKey(
            WHAT, value=error.value, place=path, remedy=f"Make it with --passphrase. Or else: {REMEDY}"
        )
    return KeyFileError(
        "the key file cannot be written",
        value=str(error.value).lower(),
        place=path,
        remedy="Check the folder and its space.",
    )
