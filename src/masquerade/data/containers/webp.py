"""WebP: RIFF chunks, of which the picture and its alpha are kept.

Source: RFC 9649.
"""

from masquerade.data.containers.essence import Essence, Turned, check_parts, check_size
from masquerade.data.containers.exif import orientation
from masquerade.data.rejection import Rejection

_KEPT = (b"VP8 ", b"VP8L", b"ALPH")
_PICTURE = (b"VP8 ", b"VP8L")
_ANIMATION, _ALPHA = 0x02, 0x10


def take_apart(data: bytes) -> Essence:
    """Take a WebP apart.

    Raises:
        Turned: If it is damaged, cut short, too large or an animation.
    """
    whole = 8 + int.from_bytes(data[4:8], "little")
    if whole > len(data):
        raise Turned(Rejection.TRUNCATED, "shorter than its header says")
    size, extended, kept, turned, at, count = None, b"", [], 1, 12, 0
    while at + 8 <= whole:
        check_parts(count := count + 1)
        kind, length = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "little")
        end = at + 8 + length + length % 2
        if at + 8 + length > whole:
            raise Turned(Rejection.TRUNCATED, "ends within a chunk")
        if kind == b"VP8X":
            extended = _extended(data[at : at + 18])
        elif kind == b"EXIF":
            turned = orientation(data[at + 8 : end].removeprefix(b"Exif\0\0"))
        if kind in _PICTURE:
            if size:
                raise Turned(Rejection.DAMAGED, "two pictures")
            size = _size(kind, data[at + 8 : at + 18])
        if kind in _KEPT:
            kept.append(data[at:end].ljust(end - at, b"\0"))
        at = end
    if size is None:
        raise Turned(Rejection.DAMAGED, "no picture")
    body = b"".join((b"WEBP", extended, *kept))
    return Essence("WEBP", *size, turned, b"RIFF" + len(body).to_bytes(4, "little") + body)


def _extended(chunk: bytes) -> bytes:
    """The extended header with all flags cleared that announce what is not kept."""
    if len(chunk) != 18 or chunk[4:8] != b"\x0a\0\0\0":
        raise Turned(Rejection.DAMAGED, "malformed extended header")
    if chunk[8] & _ANIMATION:
        raise Turned(Rejection.SEVERAL_FRAMES, "an animated WebP")
    width, height = int.from_bytes(chunk[12:15], "little") + 1, int.from_bytes(chunk[15:18], "little") + 1
    check_size(width, height)
    return chunk[:8] + bytes([chunk[8] & _ALPHA]) + chunk[9:]


def _size(kind: bytes, start: bytes) -> tuple[int, int]:
    if kind == b"VP8L":
        bits = int.from_bytes(start[1:5], "little")
        width, height, sound = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1, start[:1] == b"\x2f"
    else:
        width, height = (int.from_bytes(start[i : i + 2], "little") & 0x3FFF for i in (6, 8))
        sound = start[3:6] == b"\x9d\x01\x2a"
    if not sound or len(start) < 10:
        raise Turned(Rejection.DAMAGED, "malformed picture header")
    check_size(width, height)
    return width, height
