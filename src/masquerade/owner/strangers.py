"""Photos of people who are not known: the built-in faces, or a folder of the owner's choice."""

import os
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from masquerade.data import builtin
from masquerade.data.photo_tree import photo_tree
from masquerade.errors import PhotoRejected, StudyError, UsageError
from masquerade.faces.reading import PhotoReader


class StrangerPhotos(NamedTuple):
    """Photos of strangers, without those that cannot be taken in.

    Args:
        images: uint8 ``(n, c, height, width)``.
        people: How many people are on them; in a folder, each folder holds one.
        names: Who is on each.
    """

    images: Tensor
    people: int
    names: tuple[str, ...]


def strangers_for(reader: PhotoReader, known: Sequence[str], folder: Path | None) -> StrangerPhotos:
    """Strangers as the reader shows them; people who bear the name of somebody known are left out.

    Args:
        reader: Reads photos.
        known: Names of people who are no strangers.
        folder: A folder of photos, or of person folders; the built-in faces without it.

    Raises:
        UsageError: If the folder cannot be used, or the built-in faces are not installed.
    """
    if folder is None:
        return _builtin(reader, known)
    tree = photo_tree(folder)
    kept = [name for name in tree.names if Path(name).parts[0] not in known]
    people = [os.path.dirname(name) or name for name in kept]  # noqa: PTH120 - a name, not a path
    return _read(reader, people, [partial(reader, tree.root / name) for name in kept])


def _builtin(reader: PhotoReader, known: Sequence[str]) -> StrangerPhotos:
    try:
        faces = builtin.orl()
    except StudyError as error:
        raise UsageError(
            "no strangers to tell known people from: the built-in faces are not installed",
            place=error.place,
            remedy=f"{error.remedy}. Or pass --strangers FOLDER, with photos of other people, or --closed-set.",
        ) from error
    rows = [row for row, label in enumerate(faces.labels.tolist()) if faces.names[label] not in known]
    pixels = (faces.images[row].permute(1, 2, 0).numpy() for row in rows)
    people = [faces.names[int(faces.labels[row])] for row in rows]
    return _read(reader, people, [partial(reader.of_pixels, photo, "built-in") for photo in pixels])


def _read(
    reader: PhotoReader, people: Sequence[str], reads: Sequence[Callable[[], NDArray[np.uint8]]]
) -> StrangerPhotos:
    """The photos that can be taken in; all people count, also those of whom none can."""
    found = [torch.empty(0, reader.channels, reader.height, reader.width, dtype=torch.uint8)]
    names = []
    for person, read in zip(people, reads, strict=True):
        try:
            found.append(torch.from_numpy(read())[None])
            names.append(person)
        except PhotoRejected:
            continue
    return StrangerPhotos(torch.cat(found), len(set(people)), tuple(names))
