"""Where a command may write, decided before its work: nothing is replaced that it has not written."""

import os
from collections.abc import Mapping
from pathlib import Path
from secrets import token_hex

from masquerade.errors import UsageError
from masquerade.files.handles import CLOEXEC, NOFOLLOW
from masquerade.files.kinds import KEPT, Kind, kind_of

_NOTHING_LOST = {Kind.NOTHING, Kind.EMPTY}


def require_output(path: Path, own: Kind, *, overwrite: bool = False) -> None:
    """Pass if a file can be written: a new one, or one of the kind that the command writes.

    Args:
        path: The file to write.
        own: What will stand there; an earlier one of the same kind is replaced without a word.
        overwrite: Whether a file of another kind may be replaced; keys, MaskNets, registers, records and databases
            never are.

    Raises:
        UsageError: If something else stands there, or the folder cannot be written to.
    """
    found = _found(path)
    if found not in _NOTHING_LOST and found is not own:
        _refuse(path, found, overwrite)
    _require_writable(path)


def require_new(path: Path, own: Kind, *, overwrite: bool = False) -> None:
    """Pass if a file can be written that is kept for good: a new one, or with ``overwrite`` in the place of its kind.

    Raises:
        UsageError: As ``require_output``.
    """
    found = _found(path)
    if found is own and not overwrite:
        raise UsageError(
            "the file exists already", place=path, remedy="Choose another name, or pass --overwrite."
        )
    require_output(path, own)


def require_folder(folder: Path, files: Mapping[str, Kind], *, overwrite: bool = False) -> None:
    """Pass if a folder can be written to, made if missing, and these files in it.

    Raises:
        UsageError: If it is no folder, cannot be written to, or holds something else under one of the names.
    """
    found = _found(folder)
    if found is Kind.LINK and folder.is_dir():
        found = Kind.FOLDER
    if found not in (Kind.NOTHING, Kind.FOLDER):
        raise UsageError("not a folder", value=found, place=folder, remedy="Choose another name.")
    for name, kind in files.items():
        require_output(folder / name, kind, overwrite=overwrite)
    _require_writable(folder / "file")


def require_spared(path: Path) -> None:
    """Pass if nothing stands there that no output ever replaces.

    Raises:
        UsageError: If a key stands there, for instance.
    """
    found = _found(path)
    if found in KEPT:
        _refuse(path, found, True)


def _found(path: Path) -> Kind:
    try:
        return kind_of(path)
    except OSError as error:
        raise _unwritable(error, path) from None


def _refuse(path: Path, found: Kind, overwrite: bool) -> None:
    if found in KEPT:
        raise UsageError(
            f"{found} stands there, which is never replaced", place=path, remedy="Choose another name."
        )
    if not overwrite:
        raise UsageError(
            f"{found} stands there", place=path, remedy="Choose another name, or pass --overwrite."
        )


def _require_writable(path: Path) -> None:
    """Make a file where it will stand, or where its folders will, and remove it."""
    folder = path.parent
    try:
        while not os.path.lexists(folder):
            folder = folder.parent
        trial = folder / f".masquerade-{token_hex(8)}.tmp"
        os.close(os.open(trial, os.O_WRONLY | os.O_CREAT | os.O_EXCL | NOFOLLOW | CLOEXEC, 0o600))
        trial.unlink()
    except OSError as error:
        raise _unwritable(error, path) from None


def _unwritable(error: OSError, path: Path) -> UsageError:
    return UsageError(
        "cannot write there", value=error.strerror, place=path, remedy="Choose another name or folder."
    )
