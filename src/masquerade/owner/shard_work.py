"""The public description of a disguise job, from which a worker makes shards with the key file on its own disk."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import final

import torch

from masquerade.errors import SourceChanged, UsageError
from masquerade.faces.reading import FaceHandling, PhotoReader
from masquerade.keys import Key, KeyFile
from masquerade.keys.key_file import describe
from masquerade.owner.job import Job, prepare
from masquerade.owner.photo_list import PhotoList, list_photos
from masquerade.recipes import Recipe
from masquerade.released.ledger import Started
from masquerade.released.writer import DraftedShard, draft_shard


@final
@dataclass(frozen=True)
class ShardWork:
    """Everything that a worker must be told to make any shard of a data set.

    It holds paths and settings: no photo, no name of one, no key. A worker lists the photos itself, and refuses if
    it sees others, or would make other bytes.

    Args:
        photos: The folder of photos, as a worker finds it.
        out: The released folder, as a worker finds it.
        key: Where the key is, and which.
        recipe: How to disguise.
        min_images: People with fewer photos are left out.
        people: A table of who is on each photo.
        faces: Whether faces are found and aligned.
        shard_images: Photos in a shard.
        accept_broken: What the manifest says about it.
        started: What the driver's ledger remembers of the job.
    """

    photos: Path
    out: Path
    key: KeyFile
    recipe: Recipe
    min_images: int
    people: Path | None
    faces: FaceHandling
    shard_images: int | None
    accept_broken: bool
    started: Started

    def opened(self) -> Callable[[int], DraftedShard]:
        """Read the key, list the photos, and give what writes a shard.

        Raises:
            KeyFileError: If the key file is not there, or holds another key.
            SourceChanged: If the photos are not those of the driver.
            UsageError: If this machine would make other bytes than the driver's.
        """
        torch.set_num_threads(1)
        job = self._prepared(list_photos(self.photos, self.min_images, self.people), self.key.load())
        if job.plan.source != self.started.source:
            raise SourceChanged(
                "a worker sees other photos than the one who started the job",
                place=self.photos,
                remedy="Let the path lead to the same photos on every machine.",
            )
        if job.plan.started != self.started:
            raise UsageError(
                "a worker would make other bytes: another kind of processor or other versions",
                place=self.photos,
                remedy="Use machines of one kind, with the same versions of the program and its libraries.",
            )
        return partial(_write, self.out, job)

    def _prepared(self, photos: PhotoList, key: Key) -> Job:
        return prepare(
            photos,
            key,
            self.recipe,
            shard_images=self.shard_images,
            accept_broken=self.accept_broken,
            cache=self.out,  # never opened: nothing is crafted here
            reader=PhotoReader(self.recipe.height, self.recipe.width, self.recipe.mode, self.faces),
        )


def key_that_travels(key: Key | KeyFile) -> KeyFile:
    """The handle by which workers find the key.

    Raises:
        UsageError: If the key is in memory alone, or its file is locked: neither it nor a passphrase is sent anywhere.
        KeyFileError: If the file cannot be used.
    """
    if isinstance(key, Key):
        raise UsageError(
            "a key in memory does not travel to workers", remedy="Give KeyFile(PATH), or use threads."
        )
    if describe(key.path).protected:
        raise UsageError(
            "the key file is locked by a passphrase, which does not travel to workers",
            place=key.path,
            remedy="Use threads, or mount a key file without one where only the workers can read it.",
        )
    return key


def _write(out: Path, job: Job, number: int) -> DraftedShard:
    return draft_shard(out, job.plan.head, number, job.maker(number))
