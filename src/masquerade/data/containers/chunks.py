"""Chunks of files whose structure has been checked by ``take_apart``."""

from collections.abc import Iterator


def webp_chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Type and body of each chunk of a WebP."""
    at, whole = 12, 8 + int.from_bytes(data[4:8], "little")
    while at + 8 <= whole:
        kind, length = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "little")
        yield kind, data[at + 8 : at + 8 + length]
        at += 8 + length + length % 2
