"""Blocks of people, sealed and opened by their owner."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from secrets import token_hex
from typing import final

import numpy as np
from numpy.typing import NDArray

from masquerade.keys import Key
from masquerade.owner.sealed.canaries import PLACES, canaries, places
from masquerade.owner.sealed.record import BlockRecord, Person
from masquerade.owner.sealed.secret_key import SecretKey
from masquerade.sealed.block import layout_of, read_block
from masquerade.sealed.cards import BLOCK, BlockCard
from masquerade.sealed.envelope import packed
from masquerade.sealed.layout import BlockLayout
from masquerade.sealed.manifest import BlockEntry, SealedManifest
from masquerade.sealed.ring import ring


@final
@dataclass(frozen=True)
class NewBlock:
    """A block that was sealed: for the manifest, for the record, and the bytes of its file."""

    entry: BlockEntry
    record: BlockRecord
    data: bytes


def room(layout: BlockLayout) -> int:
    """People that a block takes beside its canaries."""
    return layout.people - PLACES


def sealed(
    key: Key,
    secret: SecretKey,
    manifest: SealedManifest,
    layout: BlockLayout,
    people: Sequence[Person],
    vectors: NDArray[np.integer],
) -> NewBlock:
    """A new block of some people.

    Args:
        key: The owner's.
        secret: SEAL's.
        manifest: Whose gallery and public key it is for.
        layout: How people stand in it.
        people: Who, at most as many as there is room for.
        vectors: Theirs, quantised, ``(k, size)``.
    """
    name = f"block-{token_hex(8)}.safetensors"
    filled = np.zeros((layout.people, layout.size), np.int64)
    order = places(key, name, layout)
    filled[order[:PLACES]] = canaries(key, manifest.gallery, layout.size)
    filled[order[PLACES : PLACES + len(people)]] = vectors
    card = BlockCard(
        gallery=manifest.gallery, keys=manifest.public_key, name=name, diagonals=layout.diagonals
    )
    rows = [ring().pack(secret.encrypted(slots)) for slots in layout.diagonals_of(filled)]
    data = packed(BLOCK, card, rows)
    entry = BlockEntry(
        name=name, sha256=sha256(data).hexdigest(), bytes=len(data), diagonals=layout.diagonals
    )
    return NewBlock(entry, BlockRecord(name=name, people=tuple(people)), data)


def vectors_of(
    key: Key,
    secret: SecretKey,
    folder: Path,
    manifest: SealedManifest,
    entry: BlockEntry,
    people: int,
) -> NDArray[np.int64]:
    """The vectors of a block's people, in the record's order, int64 ``(people, size)``.

    Raises:
        SealedError: If the block's file is not the one that was written.
    """
    layout = layout_of(manifest, entry)
    slots = np.stack([secret.decrypted(each) for each in read_block(folder, manifest, entry, check=True)])
    order = places(key, entry.name, layout)
    return layout.vectors_of(slots)[order[PLACES : PLACES + people]]
