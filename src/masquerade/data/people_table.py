"""Who is on the photos of a folder, by a table instead of person folders: a CSV of paths and people."""

import csv
import os
from pathlib import Path
from typing import Final

from masquerade.data.csv_rows import csv_rows
from masquerade.data.folders import Photo, Survey
from masquerade.data.photo_tree import photo_tree, told
from masquerade.data.printable import printable
from masquerade.errors import UsageError

LARGEST: Final = 256 * 2**20
"""Bytes of a table."""
_REMEDY: Final = (
    "The first line is `path,person`; each other line is a photo below the folder, and who is on it."
)


def survey_by_table(root: Path, table: Path, min_people: int = 2) -> Survey:
    """Look through a folder without opening a photo, with a table of who is on each.

    Args:
        root: The folder of photos, at any depth.
        table: The CSV; paths are relative to the folder, with slashes or backslashes.
        min_people: Fewest people to go on with.

    Returns:
        Photos that have a row, sorted by the bytes of person and path.

    Raises:
        UsageError: If folder or table cannot be read, a row is wrong, or there are photos of fewer people.
    """
    rows = _rows(table)
    tree = photo_tree(root)
    photos = [
        Photo(root / name, person, name)
        for name in tree.names
        if (person := rows.pop(Path(name).as_posix(), None)) is not None
    ]
    people = {photo.person for photo in photos}
    if len(people) < min_people:
        raise UsageError(
            f"the rows that a photo belongs to name {len(people)} people; at least {min_people} are needed",
            place=printable(table),
            remedy=_REMEDY,
        )
    seen = {photo.name for photo in photos}
    left_out = {"no row in the table": [name for name in tree.names if name not in seen]}
    missing = {"rows without a photo": list(rows)}
    notices = [*told({why: names for why, names in left_out.items() if names})]
    notices += told({why: names for why, names in missing.items() if names}, "")
    photos.sort(key=lambda photo: (os.fsencode(photo.person), os.fsencode(photo.name)))
    return Survey(tuple(photos), (*tree.notices, *notices))


def _rows(table: Path) -> dict[str, str]:
    """The person by each photo's path."""
    rows: dict[str, str] = {}
    try:
        lines = csv_rows(table, LARGEST)
        if [name.strip().lower() for name in next(lines, [])] != ["path", "person"]:
            raise UsageError("the table's columns are wrong", place=printable(table), remedy=_REMEDY)
        for number, line in enumerate(lines, start=2):
            if line:
                path, person = _row(line, f"{printable(table)}, line {number}")
                if rows.setdefault(path, person) != person:
                    raise UsageError(
                        "a photo has two people",
                        value=printable(path),
                        place=f"{printable(table)}, line {number}",
                        remedy="Leave one of the rows.",
                    )
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UsageError(
            "the table of people cannot be read",
            value=error,
            place=printable(table),
            remedy="Name a CSV file in UTF-8.",
        ) from None
    return rows


def _row(line: list[str], place: str) -> tuple[str, str]:
    cells = [cell.strip() for cell in line]
    if len(cells) != 2 or not all(cells):
        raise UsageError(
            "a row that is not a path and a person",
            value=printable(",".join(line))[:80],
            place=place,
            remedy=_REMEDY,
        )
    return cells[0].replace("\\", "/").removeprefix("./"), cells[1]
