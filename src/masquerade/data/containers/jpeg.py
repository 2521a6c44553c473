"""JPEG: segments up to the first scan, of which tables, frame and colour marks are kept.

A JPEG that carries further pictures behind the first (a preview, a gain map, the second eye) is read as its
first, which is the photo; the others are never looked at.

Source: ITU-T T.81, annex B.
"""

from collections.abc import Iterator

from masquerade.data.containers.essence import MAX_PARTS, Essence, Turned, check_size
from masquerade.data.containers.exif import orientation
from masquerade.data.rejection import Rejection

MAX_SCANS = 64
"""Most scans of a progressive photo; encoders write about ten, and every scan goes over all pixels."""

_FRAMES = {0xC0, 0xC1, 0xC2}  # baseline, extended, progressive; all Huffman-coded
_OTHER_FRAMES = {
    0xC3,
    0xC5,
    0xC6,
    0xC7,
    0xC9,
    0xCA,
    0xCB,
    0xCD,
    0xCE,
    0xCF,
}  # lossless, hierarchical, arithmetic
_TABLES = {0xC4, 0xDB, 0xDD}
_COLOUR = {0xE0, 0xEE}  # JFIF and Adobe marks say how components become colours
_KEPT = _FRAMES | _TABLES | _COLOUR
_BARE = {0x01, *range(0xD0, 0xD8)}  # markers without a length
_SCAN, _END, _EXIF = 0xDA, 0xD9, 0xE1


def take_apart(data: bytes) -> Essence:
    """Take a JPEG apart.

    Raises:
        Turned: If it is damaged, cut short, too large, or of a kind that is not taken in.
    """
    kept, size, turned, end = [data[:2]], None, 1, 2
    for at, marker, end in segments(data):
        if marker in _KEPT:
            kept.append(data[at:end])
        if marker in _OTHER_FRAMES:
            raise Turned(Rejection.UNSUPPORTED_FORMAT, "lossless, hierarchical or arithmetic JPEG")
        if marker in _FRAMES:
            if size:
                raise Turned(Rejection.DAMAGED, "two frame headers")
            size = _frame(data[at + 4 : end])
        elif marker == _EXIF and data.startswith(b"Exif\0\0", at + 4):
            turned = orientation(data[at + 10 : end])
    if size is None:
        raise Turned(Rejection.DAMAGED, "no frame header")
    _check_scans(data, end)
    kept.append(data[end:])
    return Essence("JPEG", *size, turned, b"".join(kept))


def segments(data: bytes) -> Iterator[tuple[int, int, int]]:
    """Start, marker and end of each segment before the first scan.

    Fill bytes between segments are refused, since nothing writes them.

    Raises:
        Turned: If the file is damaged or cut short there.
    """
    at = 2
    for _ in range(MAX_PARTS):
        if at + 4 > len(data):
            raise Turned(Rejection.TRUNCATED, "ends within its header")
        marker = data[at + 1]
        if marker == _SCAN:
            return
        end = at + 2 if marker in _BARE else at + 2 + (data[at + 2] << 8 | data[at + 3])
        if data[at] != 0xFF or marker == _END or (end < at + 4 and marker not in _BARE):
            raise Turned(Rejection.DAMAGED, f"no segment at byte {at}")
        if end > len(data):
            raise Turned(Rejection.TRUNCATED, "ends within its header")
        yield at, marker, end
        at = end
    raise Turned(Rejection.TOO_COSTLY, f"more than {MAX_PARTS:,} segments")


def _frame(body: bytes) -> tuple[int, int]:
    if len(body) < 6:
        raise Turned(Rejection.DAMAGED, "short frame header")
    height, width = int.from_bytes(body[1:3], "big"), int.from_bytes(body[3:5], "big")
    if body[0] != 8 or body[5] not in (1, 3, 4):
        raise Turned(Rejection.UNSUPPORTED_FORMAT, f"{body[5]} components of {body[0]} bits")
    check_size(width, height)
    return width, height


def _check_scans(data: bytes, at: int) -> None:
    if not data.endswith(b"\xff\xd9") and data.rfind(b"\xff\xd9", at) < 0:
        raise Turned(Rejection.TRUNCATED, "no end of image")
    if (scans := data.count(b"\xff\xda", at)) > MAX_SCANS:
        raise Turned(Rejection.TOO_COSTLY, f"{scans} scans, at most {MAX_SCANS} are taken in")
