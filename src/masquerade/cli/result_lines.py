"""How recognition's results are written: a header and lines of CSV, JSON lines, or an .npz file.

In CSV, a name that a spreadsheet would run as a formula begins with an apostrophe, and what is not printable is an
escape; JSON gives every name as it is.
"""

import csv
import json
from collections.abc import Iterable, Sequence
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any, Final

import numpy as np

from masquerade.cli.answer_types import VectorsFile
from masquerade.cli.answers import answer
from masquerade.cli.console import say
from masquerade.data.printable import printable
from masquerade.files.durable import write_durably
from masquerade.owner.gallery import GalleryMatch
from masquerade.owner.photo_vectors import Embedding
from masquerade.owner.recognise import Prediction

_FORMULAS: Final = ("=", "+", "-", "@")


def say_names(found: Iterable[Prediction], *, as_json: bool) -> None:
    """A line for each photo: photo, person, probability."""
    rows = ((each.path, each.person, _rounded(each.probability)) for each in found)
    say_rows(("photo", "person", "probability"), rows, as_json=as_json)


def say_matches(found: Iterable[GalleryMatch], *, as_json: bool) -> None:
    """A line for each photo: photo, person, similarity."""
    rows = ((each.path, each.person, _rounded(each.similarity)) for each in found)
    say_rows(("photo", "person", "similarity"), rows, as_json=as_json)


def say_vectors(found: Iterable[Embedding], *, as_json: bool) -> None:
    """A line for each photo: photo, and its vector; in CSV the numbers are separated by blanks."""
    rows = ((each.path, _Numbers(f"{x:.6g}" for x in each.vector.tolist())) for each in found)
    say_rows(("photo", "vector"), rows, as_json=as_json)


def write_vectors(path: Path, found: Iterable[Embedding], *, as_json: bool = False) -> None:
    """An .npz file for the owner alone: ``photos``, their paths, and ``vectors``, float32 ``(n, e)``.

    Raises:
        WriteFailed: If the disk refuses; the file then is as it was before.
    """
    every = list(found)
    vectors = [each.vector.numpy() for each in every]
    file = BytesIO()
    np.savez(
        file,
        photos=np.array([printable(each.path) for each in every], dtype=np.str_),
        vectors=np.stack(vectors) if vectors else np.zeros((0, 0), np.float32),
    )
    write_durably(path, [file.getbuffer()], 0o600)
    answer(VectorsFile(path=str(path), vectors=len(every)), as_json, f"{len(every)} vectors: {path}")


class _Numbers(tuple[str, ...]):
    """Numbers as text: a list in JSON, one field in CSV."""

    __slots__ = ()

    def __str__(self) -> str:
        return " ".join(self)


def say_rows(header: Sequence[str], rows: Iterable[Sequence[Any]], *, as_json: bool = False) -> None:
    """A header and lines of CSV, or a JSON object for each row; numbers have four places."""
    if as_json:
        for row in rows:
            say(json.dumps(dict(zip(header, map(_plain, row), strict=True))))
        return
    say(csv_line(header))
    for row in rows:
        say(csv_line(row))


def csv_line(row: Sequence[Any]) -> str:
    """A line of CSV, without its end."""
    line = StringIO()
    csv.writer(line, lineterminator="").writerow(map(_field, row))
    return line.getvalue()


def _field(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.4f}"
    if isinstance(value, int | _Numbers):
        return str(value)
    text = printable(str(value))
    return f"'{text}" if text.startswith(_FORMULAS) else text


def _plain(value: object) -> object:
    if isinstance(value, _Numbers):
        return [float(number) for number in value]
    return value if isinstance(value, int | float) else str(value)


def _rounded(value: float) -> float:
    return round(value, 4)
