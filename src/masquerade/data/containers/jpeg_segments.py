"""The segments of a JPEG's first picture, from its start to its end.

Whatever lies behind the end (a motion photo's video, a gain map, previews, the second eye) is never looked at.

Source: ITU-T T.81, annex B.
"""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from masquerade.data.containers.image_data import MAX_PARTS, ContainerRejected
from masquerade.data.rejection import Rejection

SCAN: Final = 0xDA
_START, _END = 0xD8, 0xD9
_BARE: Final = {0x01, *range(0xD0, 0xD8)}  # markers without a length
_FILL: Final = re.compile(rb"\xff+")
_MARKER: Final = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]", re.DOTALL)
"""In a scan, zero stands behind each FF that is data, and restart marks belong to it."""


class Segment(NamedTuple):
    """One segment.

    Args:
        marker: Its kind.
        body: Its content, without the length.
        scan: Compressed pixels that follow it.
    """

    marker: int
    body: bytes
    scan: bytes = b""

    def written(self) -> bytes:
        """The segment as it stands in a file."""
        return b"\xff%c%b%b%b" % (self.marker, (len(self.body) + 2).to_bytes(2, "big"), self.body, self.scan)


def segments(data: bytes) -> Iterator[Segment]:
    """Segments up to the picture's end, without the fill bytes that may stand before each marker (B.1.1.2).

    Raises:
        Turned: If the picture is damaged or cut short.
    """
    at = 2
    for _ in range(MAX_PARTS):
        at = _code(data, at)
        marker = data[at]
        if marker == _END:
            return
        if marker in _BARE:
            at += 1
            continue
        if marker in (0, _START):
            raise ContainerRejected(Rejection.DAMAGED, f"no segment at byte {at}")
        end = at + 1 + int.from_bytes(data[at + 1 : at + 3], "big")
        if end > len(data) or at + 3 > len(data):
            raise ContainerRejected(Rejection.TRUNCATED, "ends within a segment")
        if end < at + 3:
            raise ContainerRejected(Rejection.DAMAGED, f"no segment at byte {at}")
        body, at = data[at + 3 : end], end
        if marker == SCAN:
            end = _end_of_scan(data, at)
            yield Segment(marker, body, _without_fill(data[at:end]))
            at = end
        else:
            yield Segment(marker, body)
    raise ContainerRejected(Rejection.TOO_COSTLY, f"more than {MAX_PARTS:,} segments")


def _code(data: bytes, at: int) -> int:
    """Where a marker's code is, behind all its FF."""
    found = _FILL.match(data, at)
    if (found.end() if found else at) >= len(data):
        raise ContainerRejected(Rejection.TRUNCATED, "no end of image")
    if not found:
        raise ContainerRejected(Rejection.DAMAGED, f"no segment at byte {at}")
    return found.end()


def _end_of_scan(data: bytes, at: int) -> int:
    found = _MARKER.search(data, at)
    if not found:
        raise ContainerRejected(Rejection.TRUNCATED, "no end of image")
    return found.start()


def _without_fill(scan: bytes) -> bytes:
    scan = scan.rstrip(b"\xff")
    return _FILL.sub(b"\xff", scan) if b"\xff\xff" in scan else scan
