"""Tables of attributes beside photos: a CSV with the column ``file`` and one column for each attribute."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, final

from masquerade.data.csv_rows import csv_rows
from masquerade.errors import UsageError

_VALUES: Final = {"1": True, "0": False, "-1": False}
LARGEST: Final = 64 * 2**20
"""Bytes of a table; that of CelebA, 40 attributes of 202,599 photos, has 26 MB."""


@final
@dataclass(frozen=True)
class AttributeTable:
    """Attributes by photo.

    Args:
        names: Of the attributes, in the order of the columns.
        rows: Whether each is seen, by the photo's path below its folder, with forward slashes.
    """

    names: tuple[str, ...]
    rows: dict[str, tuple[bool, ...]]


def read_attribute_table(path: Path) -> AttributeTable:
    """Read a table; 1 is yes, 0 and -1 (as CelebA writes it) are no.

    Raises:
        UsageError: If the file cannot be read, its columns are wrong, a row is too short, too long or there twice,
            or a value is none of these.
    """
    try:
        return _table(csv_rows(path, LARGEST), path)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UsageError(
            "the table of attributes cannot be read",
            value=error,
            place=path,
            remedy="Name a CSV file in UTF-8.",
        ) from None


def _table(lines: Iterator[list[str]], path: Path) -> AttributeTable:
    names = _names(next(lines, []), path)
    rows: dict[str, tuple[bool, ...]] = {}
    for number, line in enumerate(lines, start=2):
        if not line:
            continue
        if len(line) != len(names) + 1 or line[0] in rows:
            problem = "a photo has two rows" if line[0] in rows else "a row with another number of columns"
            raise UsageError(
                problem, value=line[0], place=f"{path}, line {number}", remedy="Correct the row."
            )
        try:
            rows[line[0]] = tuple([_VALUES[text] for text in line[1:]])
        except KeyError:
            rows[line[0]] = tuple(_value(text, names[i], path, number) for i, text in enumerate(line[1:]))
    return AttributeTable(names, rows)


def _names(header: list[str], path: Path) -> tuple[str, ...]:
    names = tuple(header[1:])
    if header[:1] != ["file"] or not names or len(set(names)) != len(names) or not all(names):
        raise UsageError(
            "the table's columns are wrong",
            value=", ".join(header[:3]) or "none",
            place=path,
            remedy="The first line is `file` and one different name for each attribute.",
        )
    return names


def _value(text: str, name: str, path: Path, number: int) -> bool:
    if text.strip() not in _VALUES:
        raise UsageError(
            "a value that is neither yes nor no",
            value=text,
            place=f"{path}, line {number}, column {name}",
            remedy="Write 1, and 0 or -1.",
        )
    return _VALUES[text.strip()]
