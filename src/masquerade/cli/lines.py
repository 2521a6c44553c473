"""How recognition's results are written: a header and lines of CSV, JSON lines, or an .npz file."""

import csv
import json
import sys
from collections.abc import Iterable, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import typer

from masquerade.data.printable import printable
from masquerade.owner.gallery import Match
from masquerade.owner.recognising import Embedding, Prediction
from masquerade.released.durable import write_durably


def say_names(found: Iterable[Prediction], *, as_json: bool) -> None:
    """A line for each photo: photo, person, probability."""
    rows = ((each.path, each.person, _rounded(each.probability)) for each in found)
    _say(("photo", "person", "probability"), rows, as_json=as_json)


def say_matches(found: Iterable[Match], *, as_json: bool) -> None:
    """A line for each photo: photo, person, similarity."""
    rows = ((each.path, each.person, _rounded(each.similarity)) for each in found)
    _say(("photo", "person", "similarity"), rows, as_json=as_json)


def say_vectors(found: Iterable[Embedding], *, as_json: bool) -> None:
    """A line for each photo: photo, and its vector; in CSV the numbers are separated by blanks."""
    rows = ((each.path, _Numbers(f"{x:.6g}" for x in each.vector.tolist())) for each in found)
    _say(("photo", "vector"), rows, as_json=as_json)


def write_vectors(path: Path, found: Iterable[Embedding]) -> None:
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
    typer.echo(f"{len(every)} vectors: {path}")


class _Numbers(tuple[str, ...]):
    """Numbers as text: a list in JSON, one field in CSV."""

    __slots__ = ()

    def __str__(self) -> str:
        return " ".join(self)


def _say(header: Sequence[str], rows: Iterable[Sequence[Any]], *, as_json: bool) -> None:
    if as_json:
        for row in rows:
            typer.echo(json.dumps(dict(zip(header, map(_plain, row), strict=True))))
        return
    out = csv.writer(sys.stdout, lineterminator="\n")
    out.writerow(header)
    for row in rows:
        out.writerow([f"{value:.4f}" if isinstance(value, float) else str(value) for value in row])


def _plain(value: object) -> object:
    if isinstance(value, _Numbers):
        return [float(number) for number in value]
    return value if isinstance(value, float) else str(value)


def _rounded(value: float) -> float:
    return round(value, 4)
