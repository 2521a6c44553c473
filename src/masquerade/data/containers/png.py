"""PNG: chunks with their checksums, of which header, palette, transparency and pixels are kept.

Source: PNG specification, third edition, sections 5 and 11.
"""

from typing import Final
from zlib import crc32

from masquerade.data.containers.exif import orientation
from masquerade.data.containers.image_data import ContainerRejected, ImageData, check_parts, check_size
from masquerade.data.rejection import Rejection

SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
PROFILE: Final = b"iCCP"
MARKS: Final = {b"cICP": 4, b"mDCV": 24, b"cLLI": 8, b"sRGB": 1, b"gAMA": 4, b"cHRM": 32, b"pHYs": 9}
"""Chunks that say what colours and how large a picture's pixels are, and their lengths."""
_KEPT: Final = (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND")
_CRITICAL_BIT: Final = 0x20


def take_apart(data: bytes) -> ImageData:
    """Take a PNG apart.

    An APNG of one frame is read as that frame.

    Raises:
        Turned: If it is damaged, cut short, too large or an animation.
    """
    view, kept, at, kind, count = memoryview(data), [SIGNATURE], len(SIGNATURE), b"", 0
    size, exif, marks, before = _size(data), None, dict[bytes, bytes](), {b"PLTE", b"IDAT"}
    while kind != b"IEND":
        check_parts(count := count + 1)
        kind, end = data[at + 4 : at + 8], at + 12 + int.from_bytes(data[at : at + 4], "big")
        if end > len(data):
            raise ContainerRejected(Rejection.TRUNCATED, "ends within a chunk")
        if crc32(view[at + 4 : end - 4]) != int.from_bytes(data[end - 4 : end], "big"):
            raise ContainerRejected(Rejection.DAMAGED, f"wrong checksum of the chunk at byte {at}")
        before.discard(kind)
        if kind in _KEPT:
            kept.append(data[at:end])
        elif kind == b"acTL" and int.from_bytes(data[at + 8 : at + 12], "big") != 1:
            raise ContainerRejected(Rejection.SEVERAL_FRAMES, "an animated PNG")
        elif kind == b"eXIf" and exif is None:
            exif = data[at + 8 : end - 4]
        elif _says_how_it_looks(kind, end - at - 12, before):
            marks.setdefault(kind, data[at + 8 : end - 4])
        elif not kind[0] & _CRITICAL_BIT:
            raise ContainerRejected(Rejection.DAMAGED, f"unknown critical chunk at byte {at}")
        at = end
    return ImageData("PNG", *size, orientation(exif or b""), b"".join(kept), tuple(marks.items()))


def _says_how_it_looks(kind: bytes, length: int, before: set[bytes]) -> bool:
    """Whether viewers heed this chunk there: resolution stands before the pixels, colours before the palette too."""
    known = kind == PROFILE or MARKS.get(kind) == length
    return known and before >= ({b"IDAT"} if kind == b"pHYs" else {b"PLTE", b"IDAT"})


def _size(data: bytes) -> tuple[int, int]:
    if len(data) < 33:
        raise ContainerRejected(Rejection.TRUNCATED, "ends within its header")
    if data[8:16] != b"\0\0\0\rIHDR":
        raise ContainerRejected(Rejection.DAMAGED, "does not begin with a header")
    width, height = int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big")
    check_size(width, height)
    return width, height
