"""Photos to what a network makes of them, a batch in memory at a time; and what strangers look like to it."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final, TypeVar, final

import torch
from torch import Tensor
from torch.nn import functional

from masquerade.errors import PhotoRejected
from masquerade.faces.reading import PhotoReader
from masquerade.owner.strangers import strangers_for

Found = TypeVar("Found")
Embed = Callable[[Tensor], Tensor]
"""Photos ``(n, c, height, width)``, uint8, to vectors ``(n, e)``."""
BATCH: Final = 64
"""Photos recognised at a time."""


@final
@dataclass(frozen=True, eq=False)
class Embedding:
    """A photo's recognition vector.

    Args:
        path: The photo.
        vector: float32 ``(e,)``, to be compared by the cosine.
    """

    path: Path
    vector: Tensor


def each_photo(
    reader: PhotoReader, photos: Iterable[Path], find: Callable[[Tensor], Sequence[Found]]
) -> Iterator[tuple[Path, Found | PhotoRejected]]:
    """What ``find`` makes of photos, or why one was turned away, in their order.

    Args:
        reader: Reads photos.
        photos: Photo files; as many as there are.
        find: Takes uint8 ``(n, c, height, width)``, and gives something for each.
    """
    todo = iter(photos)
    while batch := list(islice(todo, BATCH)):
        decoded = [_decode(reader, path) for path in batch]
        images = [image for image in decoded if isinstance(image, Tensor)]
        found = iter(find(torch.stack(images)) if images else ())
        for path, image in zip(batch, decoded, strict=True):
            yield path, next(found) if isinstance(image, Tensor) else image


def vectors_of(
    reader: PhotoReader, photos: Iterable[Path], embed: Embed
) -> Iterator[Embedding | PhotoRejected]:
    """The recognition vector of each photo, or why it was turned away, in the order of ``photos``."""
    for path, found in each_photo(reader, photos, lambda images: list(embed(images))):
        yield found if isinstance(found, PhotoRejected) else Embedding(path, found)


def stranger_cosines(
    reader: PhotoReader, embed: Embed, vectors: Tensor, known: Sequence[str], strangers: Path | None
) -> tuple[Tensor, int]:
    """How alike strangers are to the nearest of some vectors, ``(n,)``, and how many people they are.

    Args:
        reader: Reads photos.
        embed: Gives their vectors.
        vectors: Vectors of known people, ``(m, e)``, each of length 1.
        known: Names of people who are no strangers.
        strangers: A folder of photos of other people; the built-in faces without it.

    Raises:
        UsageError: If the folder cannot be used, or the built-in faces are not installed.
    """
    images, people, _ = strangers_for(reader, known, strangers)
    if not len(images):
        return torch.empty(0), 0
    parts = [embed(part) for part in torch.split(images, BATCH)]
    return (functional.normalize(torch.cat(parts)) @ vectors.T).amax(1), people


def _decode(reader: PhotoReader, path: Path) -> Tensor | PhotoRejected:
    try:
        return torch.from_numpy(reader(path))
    except PhotoRejected as error:
        return error
