"""A gallery while it is changed: everybody's vectors in memory, and blocks that are sealed anew one at a time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import NDArray

from masquerade.owner.sealed.calibrating import unknown
from masquerade.owner.sealed.owned import OwnedGallery
from masquerade.owner.sealed.publishing import publish
from masquerade.owner.sealed.record import BlockRecord, Person, StrangerVectors
from masquerade.owner.sealed.sealing import room, sealed, vectors_of
from masquerade.sealed.block import layout_of
from masquerade.sealed.layout import BlockLayout, padded
from masquerade.sealed.manifest import BlockEntry, SealedManifest


@final
@dataclass(frozen=True, eq=False)
class OpenBlock:
    """A block with what is in it.

    Args:
        entry: As the manifest lists it.
        record: Its people.
        vectors: Theirs, quantised, int8 ``(k, size)``.
    """

    entry: BlockEntry
    record: BlockRecord
    vectors: NDArray[np.int8]


@final
class State:
    """What is in a gallery, block by block.

    Args:
        gallery: The gallery, held by this process alone.

    Raises:
        SealedError: If a block is not the one that was written.
    """

    def __init__(self, gallery: OwnedGallery) -> None:
        self.gallery = gallery
        self._secret = gallery.opened()
        self.fpir = gallery.record.fpir
        manifest = gallery.record.public
        self.size = padded(manifest.size)
        self.strangers = gallery.record.strangers or StrangerVectors(vectors="", names=())
        self.blocks = [
            OpenBlock(entry, record, self._read(manifest, entry, len(record.people)))
            for entry, record in zip(manifest.blocks, gallery.record.blocks, strict=True)
        ]

    @property
    def people(self) -> list[Person]:
        """Everybody, block by block."""
        return [person for block in self.blocks for person in block.record.people]

    @property
    def vectors(self) -> NDArray[np.int8]:
        """Everybody's vectors, ``(n, size)``."""
        return np.concatenate([np.zeros((0, self.size), np.int8), *(block.vectors for block in self.blocks)])

    def next_room(self, expected: int) -> tuple[int, int]:
        """The first block with room, and how much; the number of the next block if there is none.

        Args:
            expected: People that the gallery is to have, whom a new block shall suit.
        """
        for number, block in enumerate(self.blocks):
            free = room(self._layout(number, expected)) - len(block.record.people)
            if free:
                return number, free
        return len(self.blocks), room(self._layout(len(self.blocks), expected))

    def enter(
        self, number: int, people: Sequence[Person], vectors: NDArray[np.integer], expected: int
    ) -> None:
        """Seal people into a block beside those who are there, and publish it.

        Args:
            number: The block; one more than there are makes a new one.
            people: Who comes.
            vectors: Theirs, quantised, ``(k, size)``.
            expected: As for ``next_room``.
        """
        there = self.blocks[number : number + 1]
        before = [person for block in there for person in block.record.people]
        held = np.concatenate([*(block.vectors for block in there), vectors.astype(np.int8)])
        new, data = self._sealed(self._layout(number, expected), [*before, *people], held)
        self._publish([*self.blocks[:number], new, *self.blocks[number + 1 :]], {new.entry.name: data})

    def leave(self, name: str) -> None:
        """Seal the block of somebody anew without them, or drop it if nobody else is in it, and publish that."""
        number, place = next(
            (number, place)
            for number, block in enumerate(self.blocks)
            for place, person in enumerate(block.record.people)
            if person.name == name
        )
        block = self.blocks[number]
        others = [person for person in block.record.people if person.name != name]
        rest = [*self.blocks[:number], *self.blocks[number + 1 :]]
        if not others:
            self._publish(rest, {})
            return
        layout = self._layout(number, 0)
        new, data = self._sealed(layout, others, np.delete(block.vectors, place, axis=0))
        rest.insert(number, new)
        self._publish(rest, {new.entry.name: data})

    def settle(self) -> None:
        """Publish the state as it is, with naming set anew."""
        self._publish(self.blocks, {})

    def _layout(self, number: int, expected: int) -> BlockLayout:
        if number < len(self.blocks):
            return layout_of(self.gallery.record.public, self.blocks[number].entry)
        return BlockLayout.fitting(self.size, expected)

    def _read(self, manifest: SealedManifest, entry: BlockEntry, people: int) -> NDArray[np.int8]:
        found = vectors_of(self.gallery.key, self._secret, self.gallery.public, manifest, entry, people)
        return found.astype(np.int8)

    def _sealed(
        self, layout: BlockLayout, people: Sequence[Person], vectors: NDArray[np.int8]
    ) -> tuple[OpenBlock, bytes]:
        made = sealed(self.gallery.key, self._secret, self.gallery.record.public, layout, people, vectors)
        return OpenBlock(made.entry, made.record, vectors), made.data

    def _publish(self, blocks: Sequence[OpenBlock], files: Mapping[str, bytes]) -> None:
        """Set naming anew for these blocks, and bring the gallery into this state."""
        before = self.blocks
        self.blocks = [*blocks]
        record, manifest = self.gallery.record, self.gallery.record.public
        named = (
            unknown(self.fpir, manifest.size, self.people, self.vectors, self.strangers) if blocks else None
        )
        changed = manifest.model_copy(update={"blocks": tuple(block.entry for block in blocks)})
        after = record.model_copy(
            update={
                "manifest": changed.to_bytes().decode("ascii"),
                "blocks": tuple(block.record for block in blocks),
                "unknown": named,
                "strangers": self.strangers,
                "fpir": self.fpir,
            }
        )
        try:
            publish(self.gallery.after(after), files)
        except BaseException:
            self.blocks = before
            raise
        self.gallery = self.gallery.after(after)
