"""The colour profile of a photo, for those who write a photo that must look the same.

Source: ICC.1:2022, 7.2 and annex B (where profiles lie in image files).
"""

from typing import Final
from zlib import decompressobj

from masquerade.data.containers import bmp, heic, jpeg, png, webp
from masquerade.data.containers.image_data import ImageData

LARGEST: Final = 4_000_000
"""Bytes of a profile; those of printers reach 2 MB, those of cameras hundreds."""
_HEADER: Final = 128


def colour_profile(picture: ImageData) -> bytes | None:
    """The ICC profile that came with a picture, or None if there is none that is whole."""
    match picture.format:
        case "JPEG":
            found = _of_jpeg([body for name, body in picture.marks if name == jpeg.PROFILE_MARK])
        case "PNG":
            found = _inflated(dict(picture.marks).get(png.PROFILE, b""))
        case "WEBP":
            found = dict(picture.marks).get(webp.PROFILE, b"")
        case "BMP":
            found = dict(picture.marks).get(bmp.PROFILE, b"")
        case "HEIC":
            found = dict(picture.marks).get(heic.PROFILE, b"")
    sound = _HEADER <= len(found) <= LARGEST and found[36:40] == b"acsp"
    return found if sound and int.from_bytes(found[:4], "big") == len(found) else None


def _of_jpeg(parts: list[bytes]) -> bytes:
    """The parts of a profile in their order; each says its number and how many there are."""
    return b"".join(part[2:] for part in sorted(parts, key=lambda part: part[0]))


def _inflated(body: bytes) -> bytes:
    """A PNG's profile, never more than ``LARGEST`` and a byte, however small it is packed."""
    _, _, packed = body.partition(b"\0")
    return decompressobj().decompress(packed[1:], LARGEST + 1)
