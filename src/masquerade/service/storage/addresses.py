"""Addresses of databases: what they may be, and where a database of SQLite lies."""

import os
from pathlib import Path
from typing import Final

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from masquerade.errors import UsageError
from masquerade.files.opening import open_file

KINDS: Final = {"sqlite": "sqlite", "postgresql": "postgresql+psycopg"}
_MAGIC: Final = b"SQLite format 3\0"


def parsed(address: str | URL) -> URL:
    """The parts of an address.

    Args:
        address: ``sqlite:///FILE`` or ``postgresql://…``.

    Raises:
        UsageError: If it is neither.
    """
    try:
        url = make_url(address)
    except (ArgumentError, ValueError):
        raise _unknown("not an address") from None
    kind = url.get_backend_name()
    if kind not in KINDS:
        raise _unknown(kind)
    if kind == "sqlite":
        _require_file_name(url, options=isinstance(address, str) and "?" in address)
    return url.set(drivername=KINDS[kind])


def file_of(url: URL) -> Path | None:
    """The file of a database of SQLite; None of another."""
    return Path(str(url.database)) if url.get_backend_name() == "sqlite" else None


def place(url: URL, near: Path) -> str:
    """Which database an address means: the same text for other spellings, users and passwords.

    Args:
        url: The address.
        near: A folder; a file's place is told from there, so that both may move together.
    """
    file = file_of(url)
    if file is not None:
        return f"sqlite:{os.path.relpath(file.resolve(), near.resolve())}"
    host = url.host or url.query.get("host") or ""
    port = url.port or url.query.get("port") or 5432
    return f"postgresql:{host}:{port}/{url.database or ''}"


def require_usable(file: Path) -> None:
    """Pass if a database of SQLite lies in a file, or one can be made there.

    Raises:
        UsageError: If its folder is missing, or something else has the name.
    """
    if not file.absolute().parent.is_dir():
        raise UsageError(
            "there is no such folder", value=file.parent, place="--database", remedy="Make it first."
        )
    if not file.exists():
        return
    begins = b""
    if file.is_file():
        with open_file(file) as opened:
            begins = opened.read(len(_MAGIC))
    if not file.is_file() or begins not in (b"", _MAGIC):
        raise UsageError(
            "this is no database of SQLite",
            value=file,
            place="--database",
            remedy="Name another; a backup is put back by `masquerade psp restore`.",
        )


def _require_file_name(url: URL, *, options: bool) -> None:
    if options or url.host or url.database in (None, "", ":memory:"):
        raise UsageError(
            "this names no file",
            value=url.render_as_string()[:200],
            place="--database",
            remedy="Give sqlite:///FILE, or sqlite:////FOLDER/FILE; a name with ? in it is not possible.",
        )


def _unknown(kind: str) -> UsageError:
    return UsageError(
        "no such kind of database",
        value=kind,
        place="--database",
        remedy="Give sqlite:///FILE or postgresql://USER@HOST/NAME.",
    )
