"""One vector for each person, of all their photos."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, final

import numpy as np
from numpy.typing import NDArray

from masquerade.data.intake import read
from masquerade.data.printable import printable
from masquerade.errors import PhotoRejected
from masquerade.faces.reading import several
from masquerade.owner.photo_list import PhotoList
from masquerade.owner.sealed.calibrating import products
from masquerade.owner.sealed.record import Person
from masquerade.sealed.faces import FaceVectors
from masquerade.sealed.vectors import quantised

_BATCH: Final = 64
"""Photos that are embedded at a time."""


@final
@dataclass(frozen=True, eq=False)
class Template:
    """A person as the gallery will know them.

    Args:
        name: The person.
        photos: SHA-256 over the contents of the photos.
        vector: Quantised mean of the photos' vectors, int64 ``(size,)``.
        each: The photos' own vectors, quantised, ``(k, size)``.
        others: For each photo the quantised mean of the others, ``(k, size)``; none if there is one photo alone.
    """

    name: str
    photos: str
    vector: NDArray[np.int64]
    each: NDArray[np.int64]
    others: NDArray[np.int64]

    def person(self, everybody: NDArray[np.float32], own: int) -> Person:
        """What the record says of the person.

        Args:
            everybody: The vectors of all people who are or come in, ``(n, size)``.
            own: The person's row among them.
        """
        scores = products(self.each[: len(self.others)], everybody)
        scores[:, own] = -np.inf
        rivals = scores.max(1)
        alone = (self.each[: len(self.others)] * self.others).sum(1)
        mates = (int(score) if score > rival else None for score, rival in zip(alone, rivals, strict=True))
        return Person(name=printable(self.name), photos=self.photos, mates=tuple(mates))


def digest_of(photos: PhotoList, rows: Sequence[int]) -> str:
    """SHA-256 over the contents of a person's photos, those that cannot be read left out."""
    seen = sha256()
    for row in rows:
        try:
            seen.update(read(photos.path(row))[1].encode("ascii"))
        except PhotoRejected:
            continue
    return seen.hexdigest()


def templates(
    faces: FaceVectors,
    photos: PhotoList,
    people: Sequence[int],
    turned_away: list[PhotoRejected],
    crowds: list[str],
) -> Iterator[Template]:
    """A template of each person of whom a photo can be taken in, in order.

    Args:
        faces: Gives vectors.
        photos: All photos.
        people: Who, as numbers of ``photos.people``.
        turned_away: Photos that are not taken in are added.
        crowds: Photos with several faces are added.
    """
    rows_of: dict[int, list[int]] = {person: [] for person in people}
    for row, person in enumerate(photos.persons.tolist()):
        if person in rows_of:
            rows_of[person].append(row)
    for person, rows in rows_of.items():
        vectors, digest = _vectors(faces, photos, rows, turned_away, crowds)
        if len(vectors):
            yield of_vectors(photos.people[person], digest, vectors)


def of_vectors(name: str, photos: str, vectors: NDArray[np.float64]) -> Template:
    """A person's template of the unit vectors ``(k, e)`` of their photos."""
    whole = vectors.sum(0)
    others = _unit(whole - vectors) if len(vectors) > 1 else vectors[:0]
    return Template(name, photos, quantised(_unit(whole[None]))[0], quantised(vectors), quantised(others))


def _vectors(
    faces: FaceVectors,
    photos: PhotoList,
    rows: Sequence[int],
    turned_away: list[PhotoRejected],
    crowds: list[str],
) -> tuple[NDArray[np.float64], str]:
    seen, images = sha256(), []
    found: list[NDArray[np.float64]] = []
    for row in rows:
        try:
            data, digest = read(photos.path(row))
            seen.update(digest.encode("ascii"))
            reading = faces.reader.of_bytes(data, photos.relative(row))
        except PhotoRejected as error:
            turned_away.append(error)
            continue
        images.append(reading.pixels)
        if reading.faces > 1:
            crowds.append(several(photos.relative(row), reading.faces))
        if len(images) == _BATCH:
            found.append(faces.of_pixels(np.stack(images)))
            images = []
    if images:
        found.append(faces.of_pixels(np.stack(images)))
    empty = np.zeros((0, faces.recogniser.size))
    return np.concatenate([empty, *found]), seen.hexdigest()


def _unit(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    unit: NDArray[np.float64] = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit
