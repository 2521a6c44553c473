"""Rows of a CSV as people's programs write it."""

import csv
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Final

from masquerade.files.opening import read_text

_SEPARATORS: Final = ",;\t"
"""Excel writes semicolons where a comma stands before the decimals."""


def csv_rows(path: Path, largest: int) -> Iterator[list[str]]:
    """Rows of a CSV in UTF-8, whatever its lines end in, its values are parted by, and its byte-order mark.

    Args:
        path: The file.
        largest: Bytes that it may have.

    Raises:
        OSError: If it cannot be read, is no file, or is larger.
        UnicodeDecodeError: If it is not UTF-8.
        csv.Error: If it is no CSV.
    """
    text = read_text(path, largest)
    first = text[: text.find("\n")] if "\n" in text else text
    separator = max(_SEPARATORS, key=first.count)
    return csv.reader(StringIO(text, newline=""), delimiter=separator, strict=True)
