"""The colour profile of a photo, for those who write a photo that must look the same.

Source: ICC.1:2022, 7.2 and annex B (where profiles lie in image files).
"""

from typing import Final, Literal
from zlib import decompressobj

from masquerade.data.containers import jpeg
from masquerade.data.containers.chunks import png_chunks, webp_chunks

LARGEST: Final = 4_000_000
"""Bytes of a profile; those of printers reach 2 MB, those of cameras hundreds."""
JPEG_MARK: Final = b"ICC_PROFILE\0"
_APP2: Final = 0xE2
_HEADER: Final = 128


def colour_profile(data: bytes, kind: Literal["JPEG", "PNG", "WEBP", "BMP"]) -> bytes | None:
    """The ICC profile in a photo's file, or None if there is none that is whole.

    Args:
        data: A whole file that ``take_apart`` has passed.
        kind: Its format, as ``take_apart`` told it.
    """
    match kind:
        case "JPEG":
            found = _of_jpeg(data)
        case "PNG":
            found = next((_inflated(body) for name, body in png_chunks(data) if name == b"iCCP"), b"")
        case "WEBP":
            found = next((body for name, body in webp_chunks(data) if name == b"ICCP"), b"")
        case "BMP":
            found = b""
    sound = _HEADER <= len(found) <= LARGEST and found[36:40] == b"acsp"
    return found if sound and int.from_bytes(found[:4], "big") == len(found) else None


def _of_jpeg(data: bytes) -> bytes:
    """The parts of a profile in their order; each segment says its number and how many there are."""
    parts = {}
    for at, marker, end in jpeg.segments(data):
        if marker == _APP2 and data.startswith(JPEG_MARK, at + 4):
            parts[data[at + 16]] = data[at + 18 : end]
    return b"".join(parts[number] for number in sorted(parts))


def _inflated(body: bytes) -> bytes:
    """A PNG's profile, never more than ``LARGEST`` and a byte, however small it is packed."""
    _, _, packed = body.partition(b"\0")
    return decompressobj().decompress(packed[1:], LARGEST + 1)
