"""PNG: chunks with their checksums, of which header, palette, transparency and pixels are kept.

Source: PNG specification, third edition, sections 5 and 11.
"""

from zlib import crc32

from masquerade.data.containers.essence import Essence, Turned, check_parts, check_size
from masquerade.data.containers.exif import orientation
from masquerade.data.rejection import Rejection

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_KEPT = (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND")
_CRITICAL_BIT = 0x20


def take_apart(data: bytes) -> Essence:
    """Take a PNG apart.

    An APNG of one frame is read as that frame.

    Raises:
        Turned: If it is damaged, cut short, too large or an animation.
    """
    view, kept, turned, at, kind, count = memoryview(data), [SIGNATURE], 1, len(SIGNATURE), b"", 0
    size = _size(data)
    while kind != b"IEND":
        check_parts(count := count + 1)
        kind, end = data[at + 4 : at + 8], at + 12 + int.from_bytes(data[at : at + 4], "big")
        if end > len(data):
            raise Turned(Rejection.TRUNCATED, "ends within a chunk")
        if crc32(view[at + 4 : end - 4]) != int.from_bytes(data[end - 4 : end], "big"):
            raise Turned(Rejection.DAMAGED, f"wrong checksum of the chunk at byte {at}")
        if kind in _KEPT:
            kept.append(data[at:end])
        elif kind == b"acTL" and int.from_bytes(data[at + 8 : at + 12], "big") != 1:
            raise Turned(Rejection.SEVERAL_FRAMES, "an animated PNG")
        elif kind == b"eXIf":
            turned = orientation(data[at + 8 : end - 4])
        elif not kind[0] & _CRITICAL_BIT:
            raise Turned(Rejection.DAMAGED, f"unknown critical chunk at byte {at}")
        at = end
    return Essence("PNG", *size, turned, b"".join(kept))


def _size(data: bytes) -> tuple[int, int]:
    if len(data) < 33:
        raise Turned(Rejection.TRUNCATED, "ends within its header")
    if data[8:16] != b"\0\0\0\rIHDR":
        raise Turned(Rejection.DAMAGED, "does not begin with a header")
    width, height = int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big")
    check_size(width, height)
    return width, height
