"""Reads a study file as TOML, before anybody asks whether it is a study: a list of titles loads no attack."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from masquerade.errors import StudyError, UnknownInStudy
from masquerade.files.opening import open_file

LARGEST: Final = 1 << 20
"""Bytes of a study file."""
DEEPEST: Final = 30
"""Tables and lists inside each other."""
_UTF16: Final = (b"\xff\xfe", b"\xfe\xff")


def read_toml(path: Path) -> dict[str, Any]:
    """What a study file says, whether or not a study can say it.

    Raises:
        StudyError: If the file cannot be read, or is not TOML.
    """
    text = _text(path)
    try:
        said = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise StudyError(
            "not a TOML file", value=error, place=path, remedy="Correct the line named."
        ) from None
    except RecursionError:
        raise _too_deep(path) from None
    if _depth(said) > DEEPEST:
        raise _too_deep(path)
    return said


def _text(path: Path) -> str:
    """The file's text, of at most ``LARGEST`` bytes in UTF-8; a byte-order mark is passed over."""
    if path.exists() and not path.is_file():
        raise StudyError("not a study file, but a folder or a pipe", value=path, remedy="Name a file.")
    try:
        with open_file(path) as file:
            data = file.read(LARGEST + 1)
    except FileNotFoundError:
        raise UnknownInStudy(
            "no such study", value=path, remedy="`masquerade list studies` names those that are here."
        ) from None
    except OSError as error:
        raise StudyError("the study cannot be read", value=error.strerror, place=path) from None
    if len(data) > LARGEST:
        raise StudyError("too large for a study", value=f"more than {LARGEST} bytes", place=path)
    if data.startswith(_UTF16):
        raise StudyError("written as UTF-16", place=path, remedy="Save it as UTF-8: a choice of `Save as`.")
    try:
        return data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise StudyError("not UTF-8", value=f"line {line}", place=path, remedy="Save it as UTF-8.") from None


def _too_deep(path: Path) -> StudyError:
    return StudyError(f"more than {DEEPEST} tables or lists inside each other", place=path)


def _depth(value: object) -> int:
    """Levels of tables and lists, counted without recursion."""
    depth, level = 0, [value]
    while level := [each for each in level if isinstance(each, Mapping | list)]:
        depth += 1
        level = [inner for each in level for inner in (each.values() if isinstance(each, Mapping) else each)]
    return depth
