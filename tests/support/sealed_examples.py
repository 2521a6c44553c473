"""A sealed gallery without its owner's files: keys of SEAL's own, blocks of random vectors, and exact scores."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from secrets import token_hex
from typing import Any

import numpy as np
import seal
from numpy.typing import NDArray

from masquerade.sealed.cards import ANSWER, BLOCK, AnswerCard, BlockCard
from masquerade.sealed.envelope import opened, packed
from masquerade.sealed.layout import BlockLayout, padded
from masquerade.sealed.manifest import MANIFEST, BlockEntry, KeyEntry, SealedManifest
from masquerade.sealed.parameters import STANDARD
from masquerade.sealed.ring import ring
from masquerade.sealed.vectors import MODULUS, quantised


def unit_vectors(count: int, size: int, seed: int) -> NDArray[np.float64]:
    drawn = np.random.default_rng(seed).standard_normal((count, size))
    return drawn / np.linalg.norm(drawn, axis=1, keepdims=True)


@dataclass
class Bare:
    """A public part on disk with the secret key that opens its answers."""

    folder: Path
    manifest: SealedManifest
    decryptor: Any
    layouts: list[BlockLayout]

    def scores(self, answer: bytes) -> NDArray[np.int64]:
        """The score of each place of each block, one block after the other."""
        _, parts = opened(answer, ANSWER, AnswerCard, "the answer")
        found = []
        for part, layout in zip(parts, self.layouts, strict=True):
            sums = ring().decode(self.decryptor.decrypt(ring().unpack(part, 1, "the answer")))
            found.append(layout.scores_of(sums, MODULUS))
        return np.concatenate(found)


def bare(folder: Path, vectors: NDArray[np.floating], layouts: Sequence[BlockLayout]) -> Bare:
    """Write the public part of a gallery whose blocks are filled with vectors, one after the other."""
    folder.mkdir(parents=True, exist_ok=True)
    generator = seal.KeyGenerator(ring().context)
    secret, rotation = generator.secret_key(), seal.GaloisKeys()
    generator.create_galois_keys([1], rotation)
    keys = {
        "encryption": generator.create_public_key().to_string(),
        "rotation": rotation.to_string(),
        "product": generator.create_relin_keys().to_string(),
    }
    entries = {}
    for purpose, data in keys.items():
        entries[purpose] = KeyEntry(name=f"{purpose}-{token_hex(8)}.seal", sha256=sha256(data).hexdigest())
        (folder / entries[purpose].name).write_bytes(data)
    gallery, encryptor = token_hex(16), seal.Encryptor(ring().context, secret)
    whole, at, blocks = quantised(vectors), 0, []
    for layout in layouts:
        some = np.zeros((layout.people, padded(vectors.shape[1])), np.int64)
        part = whole[at : at + layout.people]
        some[: len(part)] = part
        at += layout.people
        name = f"block-{token_hex(8)}.safetensors"
        card = BlockCard(
            gallery=gallery, keys=entries["encryption"].sha256, name=name, diagonals=layout.diagonals
        )
        slots = layout.diagonals_of(some)
        data = packed(
            BLOCK, card, [ring().pack(encryptor.encrypt_symmetric(ring().encode(row))) for row in slots]
        )
        (folder / name).write_bytes(data)
        blocks.append(
            BlockEntry(
                name=name, sha256=sha256(data).hexdigest(), bytes=len(data), diagonals=layout.diagonals
            )
        )
    manifest = SealedManifest(
        gallery=gallery,
        parameters=STANDARD,
        recogniser="sface",
        recogniser_digest="0" * 64,
        size=vectors.shape[1],
        faces="as-is",
        keys=entries,
        blocks=tuple(blocks),
        masquerade="test",
    )
    (folder / MANIFEST).write_bytes(manifest.to_bytes())
    return Bare(folder, manifest, seal.Decryptor(ring().context, secret), list(layouts))
