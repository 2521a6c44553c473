"""Public parts of sealed galleries of so many made-up people, for the bench."""

import json
from pathlib import Path
from secrets import token_hex

import numpy as np
from numpy.typing import NDArray

from masquerade import __version__
from masquerade.keys import Key
from masquerade.owner.sealed.record import Person
from masquerade.owner.sealed.sealing import room, sealed
from masquerade.owner.sealed.secret_key import SecretKey, drawn
from masquerade.sealed.cards import BLOCK, BlockCard
from masquerade.sealed.envelope import opened, packed
from masquerade.sealed.layout import BlockLayout
from masquerade.sealed.manifest import MANIFEST, BlockEntry, SealedManifest
from masquerade.sealed.parameters import STANDARD
from masquerade.sealed.vectors import quantised

SIZE = 128
MOST_SEALED = 100_000
"""People who are sealed one by one; of more, blocks repeat under other names, which takes the cloud as long."""
KEY = Key.from_secret(bytes(32))


def unit(count: int, seed: int) -> NDArray[np.float64]:
    """Vectors of length 1, ``(count, SIZE)``."""
    drawn_numbers = np.random.default_rng(seed).standard_normal((count, SIZE))
    return drawn_numbers / np.linalg.norm(drawn_numbers, axis=1, keepdims=True)


def make(folder: Path, people: int) -> SecretKey:
    """Write the public part of a gallery; returns what opens its answers."""
    folder.mkdir(parents=True)
    secret, entries, files = drawn()
    for name, data in files.items():
        (folder / name).write_bytes(data)
    manifest = SealedManifest(
        gallery=token_hex(16),
        parameters=STANDARD,
        recogniser="sface",
        recogniser_digest="0" * 64,
        size=SIZE,
        faces="as-is",
        keys=entries,
        blocks=(),
        masquerade=__version__,
    )
    layout, opener = BlockLayout.fitting(SIZE, people), SecretKey(secret)
    blocks: list[BlockEntry] = []
    for start in range(0, min(people, MOST_SEALED), room(layout)):
        vectors = quantised(unit(min(room(layout), people - start), start))
        who = [Person(name=str(n), photos="0" * 64, mates=()) for n in range(len(vectors))]
        made = sealed(KEY, opener, manifest, layout, who, vectors)
        (folder / made.entry.name).write_bytes(made.data)
        blocks.append(made.entry)
    first = list(blocks)
    while len(blocks) * room(layout) < people:
        blocks.append(_again(folder, first[len(blocks) % len(first)]))
    finished = manifest.model_copy(update={"blocks": tuple(blocks)})
    (folder / MANIFEST).write_bytes(finished.to_bytes())
    return opener


def _again(folder: Path, entry: BlockEntry) -> BlockEntry:
    """The same block under another name."""
    card, parts = opened((folder / entry.name).read_bytes(), BLOCK, BlockCard, entry.name)
    name = f"block-{token_hex(8)}.safetensors"
    data = packed(BLOCK, card.model_copy(update={"name": name}), [bytes(part) for part in parts])
    (folder / name).write_bytes(data)
    return entry.model_copy(update={"name": name})


def size_of(folder: Path) -> dict[str, int]:
    """Bytes of the public part: keys, and blocks."""
    manifest = json.loads((folder / MANIFEST).read_bytes())
    return {
        "keys": sum((folder / key["name"]).stat().st_size for key in manifest["keys"].values()),
        "blocks": sum((folder / block["name"]).stat().st_size for block in manifest["blocks"]),
    }
