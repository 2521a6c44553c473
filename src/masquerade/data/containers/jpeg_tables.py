"""Tables of a JPEG, each written where it is first needed, so that none is kept that no pixel needs.

Source: ITU-T T.81, B.2.4.
"""

from collections.abc import Iterable, Iterator
from typing import Final, final

from masquerade.data.containers.image_data import ContainerRejected
from masquerade.data.containers.jpeg_segments import Segment
from masquerade.data.rejection import Rejection

HUFFMAN, QUANTISATION, RESTART = 0xC4, 0xDB, 0xDD
_BEFORE_CODES: Final = 17
"""Bytes of a Huffman table before its symbols: its number, and how many codes have each length."""

_NUMBER: Final = {HUFFMAN: 0x1F, QUANTISATION: 0x0F, RESTART: 0}
"""Bits of a table's first byte that say which one it is."""


@final
class Tables:
    """Tables as they are defined, and given out to the scans that need them."""

    def __init__(self) -> None:
        self._waiting: dict[tuple[int, int], bytes] = {}

    def define(self, segment: Segment) -> None:
        """Take a segment of tables; a later table of the same number replaces one that no scan needed.

        Raises:
            Turned: If it is malformed.
        """
        for table in _parted(segment):
            self._waiting[segment.marker, table[0] & _NUMBER[segment.marker]] = table

    def quantisation(self, frame: Segment) -> Iterator[bytes]:
        """Segments that a frame's components need and were not given yet."""
        yield from self._given((QUANTISATION, number) for number in frame.body[8::3])

    def entropy(self, scan: Segment) -> Iterator[bytes]:
        """Segments that a scan needs and no scan before it was given."""
        selectors = scan.body[2:-3:2]
        yield from self._given((HUFFMAN, number >> 4) for number in selectors)
        yield from self._given((HUFFMAN, 0x10 | number & 0x0F) for number in selectors)
        yield from self._given([(RESTART, 0)])

    def _given(self, wanted: Iterable[tuple[int, int]]) -> Iterator[bytes]:
        for marker, number in wanted:
            if (table := self._waiting.pop((marker, number), None)) is not None:
                yield Segment(marker, table).written()


def _parted(segment: Segment) -> Iterator[bytes]:
    """The tables of a segment, each with its number before it."""
    body, at = segment.body, 0
    while at < len(body):
        end = at + _length(segment.marker, body[at : at + _BEFORE_CODES])
        if end > len(body):
            raise ContainerRejected(Rejection.DAMAGED, "malformed table")
        yield body[at:end]
        at = end


def _length(marker: int, start: bytes) -> int:
    match marker:
        case 0xDD:  # restart interval
            return 2
        case 0xDB:  # quantisation
            return 129 if start[0] >> 4 else 65
        case _:
            return _BEFORE_CODES + sum(start[1:])
