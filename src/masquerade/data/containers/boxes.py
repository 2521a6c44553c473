"""Boxes of ISO's base media file format, and the numbers in them, none read from outside its box.

Source: ISO/IEC 14496-12:2022, 4.2.
"""

from collections.abc import Iterator
from typing import NamedTuple

from masquerade.data.containers.image_data import MAX_PARTS, ContainerRejected
from masquerade.data.rejection import Rejection


class Box(NamedTuple):
    """A box.

    Args:
        kind: Its type, 4 bytes.
        body: What is in it.
    """

    kind: bytes
    body: bytes


def boxes(data: bytes) -> Iterator[Box]:
    """The boxes that follow one another in a file or in a box's body.

    Raises:
        ContainerRejected: If one is damaged or cut short, or there are too many.
    """
    at = 0
    for _ in range(MAX_PARTS):
        if at == len(data):
            return
        size, kind, head = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8], 8
        if size == 1:
            size, head = int.from_bytes(data[at + 8 : at + 16], "big"), 16
        size = size or len(data) - at
        if at + size > len(data) or len(data) - at < head:
            raise ContainerRejected(Rejection.TRUNCATED, "ends within a box")
        if size < head:
            raise ContainerRejected(Rejection.DAMAGED, f"no box at byte {at}")
        yield Box(kind, data[at + head : at + size])
        at += size
    raise ContainerRejected(Rejection.TOO_COSTLY, f"more than {MAX_PARTS:,} boxes")


def box(kind: bytes, *parts: bytes) -> bytes:
    """A box as it stands in a file."""
    body = b"".join(parts)
    return (len(body) + 8).to_bytes(4, "big") + kind + body


def full_box(kind: bytes, *parts: bytes, version: int = 0, flags: int = 0) -> bytes:
    """A box that begins with a version and flags."""
    return box(kind, (version << 24 | flags).to_bytes(4, "big"), *parts)


class Fields:
    """Numbers that follow one another in a box's body.

    Args:
        body: The body.
    """

    def __init__(self, body: bytes) -> None:
        self._body = body
        self._at = 0

    def number(self, size: int) -> int:
        """The next ``size`` bytes as a number; 0 for none.

        Raises:
            ContainerRejected: If the box has ended.
        """
        return int.from_bytes(self.part(size), "big")

    def part(self, size: int) -> bytes:
        """The next ``size`` bytes; raises as ``number``."""
        found = self._body[self._at : self._at + size]
        if len(found) < size:
            raise ContainerRejected(Rejection.DAMAGED, "a box is shorter than what it says")
        self._at += size
        return found

    def version(self) -> tuple[int, int]:
        """Version and flags, with which a full box begins; raises as ``number``."""
        return self.number(1), self.number(3)

    def rest(self) -> bytes:
        """All that is left."""
        found = self._body[self._at :]
        self._at = len(self._body)
        return found
