"""Ciphertexts in a file: probe, answer and block alike, as one uint8 tensor of safetensors behind a card.

The header is canonical: bytes that are not exactly those that the card gives are refused, so that a file says nothing
but its card and its ciphertexts. Its checksum finds damage; it is no signature.
"""

import json
from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import Annotated, Final, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from masquerade.errors import DamagedCiphertext
from masquerade.files.kinds import TENSORS

LARGEST_HEADER: Final = 64 << 10
"""Bytes; a header takes about 600."""
_TENSOR: Final = "ciphertexts"
_CHECKSUM: Final = "sha256"

Identifier = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class EnvelopeCard(BaseModel):
    """What every file of ciphertexts says.

    Args:
        version: Version of the file's format.
        gallery: Id of the gallery that it belongs to.
        keys: SHA-256 of the public key that it is encrypted under.
    """

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    version: Annotated[int, Field(ge=1, le=1)] = 1
    gallery: Identifier
    keys: Digest


SomeCard = TypeVar("SomeCard", bound=EnvelopeCard)


def packed(kind: str, card: EnvelopeCard, ciphertexts: Sequence[bytes]) -> bytes:
    """A file's bytes.

    Args:
        kind: The name that its kind has among a tensor file's metadata.
        card: What it says.
        ciphertexts: Packed, one or more, all of one length.
    """
    header = _header(kind, card, len(ciphertexts), len(ciphertexts[0]), _checksum(card, ciphertexts))
    return b"".join((header, *ciphertexts))


def opened(
    data: bytes | memoryview, kind: str, cards: type[SomeCard], place: object, *, check: bool = True
) -> tuple[SomeCard, list[memoryview]]:
    """Card and ciphertexts of a file, which is taken for hostile.

    Args:
        data: All its bytes.
        kind: What it must be.
        cards: What its card must be.
        place: Where it comes from, for messages.
        check: Whether card and ciphertexts are compared with their checksum.

    Raises:
        DamagedCiphertext: If it is cut short, damaged, or something else.
    """
    whole = memoryview(data)
    length = int.from_bytes(whole[:8], "little")
    if not 2 <= length <= LARGEST_HEADER or len(whole) < 8 + length:
        raise damaged(kind, "no header", place)
    try:
        fields = json.loads(bytes(whole[8 : 8 + length]))
        words, (count, size) = fields["__metadata__"], fields[_TENSOR]["shape"]
        card = cards.model_validate_json(words[kind])
        header = _header(kind, card, int(count), int(size), str(words[_CHECKSUM]))
    except (ValueError, KeyError, TypeError, RecursionError, ValidationError):
        raise damaged(kind, "its header", place) from None
    body = whole[8 + length :]
    if bytes(whole[: 8 + length]) != header or count < 1:
        raise damaged(kind, "its header", place)
    if len(body) != count * size:
        raise damaged(kind, f"{len(body):,} bytes of ciphertexts, expected {count * size:,}", place)
    if check and _checksum(card, (body,)) != words[_CHECKSUM]:
        raise damaged(kind, "it is not what its checksum says", place)
    return card, [body[at : at + size] for at in range(0, count * size, size)]


def damaged(kind: str, what: str, place: object) -> DamagedCiphertext:
    """What is raised of a file."""
    return DamagedCiphertext(
        f"damaged, cut short, or not {TENSORS[kind]}",
        value=what,
        place=place,
        remedy="Make it or fetch it again.",
    )


def _checksum(card: EnvelopeCard, parts: Iterable[bytes | memoryview]) -> str:
    """SHA-256 over the card and the ciphertexts."""
    seen = sha256(card.model_dump_json().encode())
    for part in parts:
        seen.update(part)
    return seen.hexdigest()


def _header(kind: str, card: EnvelopeCard, count: int, size: int, checksum: str) -> bytes:
    fields = {
        "__metadata__": {kind: card.model_dump_json(), _CHECKSUM: checksum},
        _TENSOR: {"dtype": "U8", "shape": [count, size], "data_offsets": [0, count * size]},
    }
    text = json.dumps(fields, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text
