"""Make one shard of a released data set: read, decode, disguise."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import final

import numpy as np
import torch
from numpy.typing import NDArray

from masquerade.data.intake import read
from masquerade.data.printable import printable
from masquerade.errors import PhotoRejected
from masquerade.faces.reading import PhotoReader, several
from masquerade.owner.batches import Batches
from masquerade.owner.photo_list import PhotoList
from masquerade.released.shard import StoredType
from masquerade.released.shard_values import TORCH_TYPES
from masquerade.released.writer import Shard


@final
@dataclass(frozen=True)
class ShardNote:
    """What the owner's ledger keeps beside a shard.

    Args:
        contents: SHA-256 over the contents of its photos.
        glance: SHA-256 over what tells cheaply whether they were touched, from before they were read.
        rejected: Photos that were turned away: path, class and detail.
        several: Photos with several faces, of which the largest was taken: path, and how many.
    """

    contents: str
    glance: str
    rejected: tuple[dict[str, str], ...]
    several: tuple[str, ...] = ()

    def to_text(self) -> str:
        """JSON in ASCII."""
        return json.dumps(asdict(self))

    @classmethod
    def from_text(cls, text: str) -> "ShardNote":
        """Read what ``to_text`` wrote."""
        fields = json.loads(text)
        told = tuple(fields["rejected"]), tuple(fields.get("several", ()))
        return cls(fields["contents"], fields["glance"], *told)


@final
class ShardMaker:
    """Makes any shard of one data set, from its number alone if ``side_by_side``; then several threads may call it.

    Args:
        photos: All photos.
        order: The order in which they are released.
        labels: Label of each person.
        size: Photos in a shard; those turned away leave it smaller.
        batches: The keyed disguise, a batch at a time; a whole number of batches should fill a shard.
        reader: Reads photos.
        stored_shape: Shape of a disguised image.
        dtype: Type that it is stored in.
    """

    def __init__(
        self,
        photos: PhotoList,
        order: NDArray[np.int64],
        labels: NDArray[np.int64],
        size: int,
        batches: Batches,
        reader: PhotoReader,
        stored_shape: tuple[int, int, int],
        dtype: StoredType,
    ) -> None:
        self._photos = photos
        self._order = order
        self._labels = labels
        self.size = size
        self._batches = batches
        self._reader = reader
        self._stored_shape = stored_shape
        self._dtype = TORCH_TYPES[dtype]

    @property
    def side_by_side(self) -> bool:
        """Whether a shard is the same whichever was made before it."""
        return self._batches.side_by_side

    def rows(self, number: int) -> list[int]:
        """The photos of shard ``number``."""
        return [int(row) for row in self._order[number * self.size : (number + 1) * self.size]]

    def __call__(self, number: int) -> Shard:
        """Make shard ``number``."""
        rows = self.rows(number)
        glance = self._photos.glance(rows)
        x = torch.empty((len(rows), *self._stored_shape), dtype=self._dtype)
        y: list[int] = []
        size = self._batches.size
        batch = torch.zeros((size, *self._batches.shape), dtype=torch.uint8)
        contents = sha256()
        rejected: list[dict[str, str]] = []
        crowds: list[str] = []
        for row in rows:
            try:
                data, digest = read(self._photos.path(row))
                contents.update(digest.encode())
                found = self._reader.of_bytes(data, self._photos.relative(row))
            except PhotoRejected as error:
                rejected.append(rejection_line(self._photos.relative(row), error))
                continue
            batch[len(y) % size] = torch.from_numpy(found.pixels)
            if found.faces > 1:
                crowds.append(several(self._photos.relative(row), found.faces))
            y.append(int(self._labels[self._photos.persons[row]]))
            if len(y) % size == 0:
                x[len(y) - size : len(y)] = self._batches(batch)
        rest = len(y) % size
        if rest:
            x[len(y) - rest : len(y)] = self._batches(batch[:rest])
        note = ShardNote(contents.hexdigest(), glance, tuple(rejected), tuple(crowds))
        return Shard(x[: len(y)], torch.tensor(y, dtype=torch.int64), note.to_text())

    def unchanged(self, number: int, note: ShardNote) -> bool:
        """Whether a shard's photos are still those it was made from; reads them only if they look touched."""
        rows = self.rows(number)
        return self._photos.glance(rows) == note.glance or self._contents(rows) == note.contents

    def _contents(self, rows: Sequence[int]) -> str:
        contents = sha256()
        for row in rows:
            try:
                contents.update(read(self._photos.path(row))[1].encode())
            except PhotoRejected:
                continue
        return contents.hexdigest()


def rejection_line(name: str, error: PhotoRejected) -> dict[str, str]:
    """What the owner's records say of a photo that was turned away.

    Args:
        name: The photo, below the folder.
        error: Why.
    """
    return {"photo": printable(name), "rejection": str(error.rejection), "detail": str(error.value or "")}
