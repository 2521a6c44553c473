"""What the owner keeps of a sealed gallery: SEAL's secret key, and who is in which block.

One file among the owner's records, sealed under the owner's key, so that ``key backup`` keeps it too. It says in which
state the public part shall be: what differs is put right before anything else is done.
"""

from base64 import b64decode, b64encode
from typing import Annotated, Final, final

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from masquerade.errors import CorruptKey, UsageError
from masquerade.keys import Key
from masquerade.keys.opaque import Secret
from masquerade.sealed.envelope import Digest, Identifier
from masquerade.sealed.manifest import SealedManifest

_FIRST: Final = b"masquerade-sealed/v1\n"
_FINGERPRINT: Final = 32
_LENGTH: Final = 4
LARGEST: Final = (1 << 31) - 1
"""Bytes; the names of ten million people take less."""


class _Plain(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")


@final
class Person(_Plain):
    """Somebody in the gallery.

    Args:
        name: The name.
        photos: SHA-256 over the contents of the photos that the vector was made of.
        mates: For each of the photos its score with a vector of the others; None where somebody else's was higher.
    """

    name: str
    photos: Digest
    mates: tuple[int | None, ...]


@final
class BlockRecord(_Plain):
    """A block as its owner knows it: its file, and its people in the order in which they take its places."""

    name: str
    people: tuple[Person, ...]


@final
class Unknown(_Plain):
    """When somebody is named, and how that was set.

    Args:
        score: Whoever scores above it is named.
        fpir: Share of strangers' photos that may be named, as asked for.
        strangers: Photos of strangers it was set by.
        people: How many people are on them.
        fnir: Share of known people's photos that are not named rightly at it; None if there was none to try.
        mates: Photos of known people that were tried.
    """

    score: int
    fpir: Annotated[float, Field(gt=0, lt=1)]
    strangers: int
    people: int
    fnir: float | None
    mates: int


@final
class StrangerVectors(_Plain):
    """Vectors of public people, int8 in base 64, and their names."""

    vectors: str
    names: tuple[str, ...]

    @classmethod
    def of(cls, vectors: NDArray[np.int64], names: tuple[str, ...]) -> "StrangerVectors":
        """Of quantised vectors ``(n, size)``."""
        return cls(vectors=b64encode(vectors.astype(np.int8).tobytes()).decode("ascii"), names=names)

    def quantised(self) -> NDArray[np.int64]:
        """The vectors, ``(n, size)``."""
        numbers = np.frombuffer(b64decode(self.vectors), np.int8).astype(np.int64)
        return numbers.reshape(len(self.names), -1)


@final
class SealedRecord(_Plain):
    """The whole record, but for SEAL's secret key.

    Args:
        gallery: The gallery's id.
        manifest: The manifest that the public part shall have.
        blocks: The people of each block, in the manifest's order.
        fpir: Share of strangers' photos that may be named.
        unknown: When somebody is named; None while nobody is in the gallery.
        strangers: Whom that is set by; None before they were read.
    """

    gallery: Identifier
    manifest: str
    blocks: tuple[BlockRecord, ...] = ()
    fpir: Annotated[float, Field(gt=0, lt=1)]
    unknown: Unknown | None = None
    strangers: StrangerVectors | None = None

    @property
    def public(self) -> SealedManifest:
        """The manifest."""
        return SealedManifest.from_bytes(self.manifest.encode("ascii"), "the owner's record")

    @property
    def people(self) -> dict[str, Person]:
        """Everybody by name."""
        return {person.name: person for block in self.blocks for person in block.people}


def to_bytes(record: SealedRecord, secret: Secret, key: Key) -> bytes:
    """The record's file."""
    plain = Secret(
        len(secret).to_bytes(_LENGTH, "big") + secret.reveal() + record.model_dump_json().encode("utf-8")
    )
    box = key.box("sealed-gallery")
    return _FIRST + key.fingerprint.encode("ascii") + box.seal(plain, _belongs(record.gallery))


def from_bytes(data: bytes, gallery: str, key: Key, place: object) -> tuple[SealedRecord, Secret]:
    """Read what ``to_bytes`` wrote.

    Raises:
        UsageError: If it is of a newer version, or no record.
        WrongKey: If it was sealed under another key.
        CorruptKey: If it was damaged, or belongs to another gallery.
    """
    if not data.startswith(_FIRST):
        raise UsageError(
            "no record of a sealed gallery, or one of a newer version",
            place=place,
            remedy="Restore it with `masquerade key restore`.",
        )
    body = data[len(_FIRST) :]
    key.require(body[:_FINGERPRINT].decode("ascii", "replace"), place)
    plain = key.box("sealed-gallery").open(body[_FINGERPRINT:], _belongs(gallery))
    start = _LENGTH + int.from_bytes(plain.reveal()[:_LENGTH], "big")
    try:
        record = SealedRecord.model_validate_json(plain.reveal()[start:])
    except (ValidationError, ValueError):
        raise CorruptKey(
            "the record of a sealed gallery is damaged or of a newer version",
            place=place,
            remedy="Update masquerade, or restore it from a copy.",
        ) from None
    return record, Secret(plain.reveal()[_LENGTH:start])


def _belongs(gallery: str) -> bytes:
    return f"sealed-gallery/{gallery}".encode("ascii")
