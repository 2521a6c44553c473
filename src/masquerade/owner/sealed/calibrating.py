"""When somebody is named, and when two people are too much alike, both set by people who are public."""

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray

from masquerade.owner.sealed.record import Person, StrangerVectors, Unknown
from masquerade.owner.strangers import strangers_for
from masquerade.sealed.faces import FaceVectors
from masquerade.sealed.vectors import quantised, scale_of
from masquerade.training.open_set import OpenSet, open_set

_MOST: Final = 1024
"""People of a gallery that are compared with all others, each as if not enrolled; of more, so many in even steps."""
_ROWS: Final = 256
"""People compared with all others at a time."""
_WRONG: Final = -float(1 << 24)


def read_strangers(faces: FaceVectors, folder: Path | None) -> StrangerVectors:
    """Vectors of public people: the built-in faces, or a folder of the owner's choice.

    Raises:
        UsageError: If the folder cannot be used, or the built-in faces are not installed.
    """
    found = strangers_for(faces.reader, (), folder)
    if not len(found.images):
        return StrangerVectors(vectors="", names=())
    return StrangerVectors.of(quantised(faces.of_pixels(found.images.numpy())), found.names)


def unknown(
    fpir: float,
    size: int,
    people: Sequence[Person],
    vectors: NDArray[np.integer],
    strangers: StrangerVectors,
) -> Unknown:
    """When to name somebody in a gallery.

    The stricter of two thresholds: by strangers, and by the gallery's own people, each as if not enrolled.

    Args:
        fpir: Share of strangers' photos that may be named.
        size: Numbers of the recogniser's vectors.
        people: Everybody.
        vectors: Theirs, quantised, ``(n, padded size)``.
        strangers: Public people; those who bear the name of somebody enrolled are left out.

    Raises:
        UsageError: If there is nobody to set it by.
    """
    known = {person.name for person in people}
    others, names = unenrolled(strangers, known)
    mates = [mate for person in people for mate in person.mates]
    own, best = _left_out(vectors, alike(size, others, names)), _best(others, vectors)
    sources = [torch.from_numpy(own), torch.from_numpy(best)]
    count = len(set(names)) + len(own)
    tried = torch.tensor([_WRONG if mate is None else mate for mate in mates], dtype=torch.float32)
    found = open_set(sources, count, tried, fpir)
    return Unknown(
        score=int(found.threshold),
        fpir=fpir,
        strangers=found.strangers,
        people=count,
        fnir=found.fnir,
        mates=found.mates,
    )


def unenrolled(strangers: StrangerVectors, known: Collection[str]) -> tuple[NDArray[np.int64], list[str]]:
    """Vectors and names of public people, without those who bear the name of somebody known."""
    rows = [row for row, name in enumerate(strangers.names) if name not in known]
    vectors = strangers.quantised()[rows] if rows else np.zeros((0, 1), np.int64)
    return vectors, [strangers.names[row] for row in rows]


def told(unknown: Unknown, size: int) -> str:
    """The sentence on a threshold, in cosines."""
    as_cosine = unknown.score / scale_of(size) ** 2
    return str(
        OpenSet(as_cosine, unknown.fpir, unknown.strangers, unknown.people, unknown.fnir, unknown.mates)
    )


def alike(size: int, vectors: NDArray[np.int64], names: Sequence[str]) -> int:
    """The score above which two people are taken for one.

    Midway between the two public people who are most alike and the one who is least like himself on other photos; of
    SFace on the built-in faces .64, where the most alike two of 158 people of LFW have .58, and the halves of one
    person's photos .84 or more.

    Args:
        size: Numbers of the recogniser's vectors.
        vectors: Of public people's photos, quantised, ``(n, padded size)``.
        names: Whose each is.
    """
    whole, halves = [], []
    for name in dict.fromkeys(names):
        own = vectors[[row for row, each in enumerate(names) if each == name]].astype(np.float64)
        whole.append(_unit(own.mean(0)))
        if len(own) > 1:
            halves.append(float(_unit(own[::2].mean(0)) @ _unit(own[1::2].mean(0))))
    cosines = np.stack(whole) @ np.stack(whole).T if whole else np.zeros((1, 1))
    between = float((cosines - 2 * np.eye(len(cosines))).max())
    return round((max(between, 0.0) + min(halves, default=1.0)) / 2 * scale_of(size) ** 2)


def products(left: NDArray[np.integer], right: NDArray[np.number]) -> NDArray[np.float32]:
    """All scores ``(n, m)`` of quantised vectors: integers, since sums stay below 2^24, where float32 has all."""
    found: NDArray[np.float32] = left.astype(np.float32) @ right.astype(np.float32, copy=False).T
    return found


def _left_out(vectors: NDArray[np.integer], most: int) -> NDArray[np.float32]:
    """The best score of people with others, at most ``_MOST`` of them; none if there is one person alone.

    People who score above ``most`` are taken for one person, and so are no strangers to each other.
    """
    if len(vectors) < 2:
        return np.zeros(0, np.float32)
    rows = np.unique(np.linspace(0, len(vectors) - 1, _MOST).astype(np.int64))
    everybody = vectors.astype(np.float32)
    best = []
    for some in np.array_split(rows, -(-len(rows) // _ROWS)):
        scores = products(vectors[some], everybody)
        scores[(scores > most) | (some[:, None] == np.arange(len(vectors)))] = _WRONG
        best.append(scores.max(1))
    return np.concatenate(best)


def _best(probes: NDArray[np.integer], vectors: NDArray[np.integer]) -> NDArray[np.float32]:
    return products(probes, vectors).max(1) if len(probes) else np.zeros(0, np.float32)


def _unit(vector: NDArray[np.float64]) -> NDArray[np.float64]:
    return vector / np.linalg.norm(vector)
