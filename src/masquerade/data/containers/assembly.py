"""The opposite of taking apart: a bare picture with its orientation and its colour profile, and nothing else.

What is put together so says neither where nor when nor with what a photo was taken.

Source: Exif 3.0, 4.6; ITU-T T.81, annex B; PNG third edition, 11.3; RFC 9649, 2.7.
"""

from typing import Final
from zlib import compress, crc32

from masquerade.data.containers import bmp, heic, jpeg, png, webp
from masquerade.data.containers.chunks import webp_chunks
from masquerade.data.containers.image_data import ImageData
from masquerade.data.containers.jpeg_segments import Segment

_PART: Final = 65_000
"""Bytes of a profile in one JPEG segment, whose length is told by 16 bits."""
_HEADER_CHUNK: Final = len(png.SIGNATURE) + 25
_HAS_ALPHA, _HAS_EXIF, _HAS_PROFILE = 0x10, 0x08, 0x20


def assemble(picture: ImageData, profile: bytes | None) -> bytes:
    """A file of a bare picture that also says which way up it is, if it is turned, its colours and resolution.

    Args:
        picture: As ``take_apart`` gives it; its pixels stay as they are, bit for bit.
        profile: An ICC profile.
    """
    exif = _exif(picture.orientation) if picture.orientation > 1 else None
    marks = dict(picture.marks)
    match picture.format:
        case "JPEG":
            return _jpeg(picture.data, marks.get(jpeg.DENSITY, jpeg.SQUARE), exif, profile)
        case "PNG":
            return _png(picture.data, marks, exif, profile)
        case "WEBP":
            return _webp(picture, exif, profile) if exif or profile else picture.data
        case "BMP":
            return bmp.assembled(picture.data, marks, profile)
        case "HEIC":
            return heic.assembled(picture.data, picture.orientation, marks.get(heic.COLOURS), profile)


def _exif(orientation: int) -> bytes:
    """A TIFF directory of one entry: tag 0x0112, a short."""
    entry = b"\x12\x01\x03\x00\x01\x00\x00\x00" + orientation.to_bytes(4, "little")
    return b"II*\0\x08\0\0\0\x01\0" + entry + bytes(4)


def _jpeg(data: bytes, density: bytes, exif: bytes | None, profile: bytes | None) -> bytes:
    bare, start = jpeg.jfif(jpeg.SQUARE), 2
    more = []
    if data.startswith(bare, start):  # JFIF's mark comes first of all
        more, start = [jpeg.jfif(density)], start + len(bare)
    parts = [] if profile is None else [profile[i : i + _PART] for i in range(0, len(profile), _PART)]
    more += [Segment(jpeg.APP1, b"Exif\0\0" + exif).written()] if exif else []
    more += [
        Segment(jpeg.APP2, jpeg.PROFILE_MARK + bytes([number, len(parts)]) + part).written()
        for number, part in enumerate(parts, start=1)
    ]
    return b"".join((data[:2], *more, data[start:]))


def _png(data: bytes, marks: dict[bytes, bytes], exif: bytes | None, profile: bytes | None) -> bytes:
    more = [] if profile is None else [_chunk(png.PROFILE, b"profile\0\0" + compress(profile))]
    more += [_chunk(kind, body) for kind, body in marks.items() if kind in png.MARKS]
    more += [] if exif is None else [_chunk(b"eXIf", exif)]
    return b"".join((data[:_HEADER_CHUNK], *more, data[_HEADER_CHUNK:]))


def _chunk(kind: bytes, body: bytes) -> bytes:
    return len(body).to_bytes(4, "big") + kind + body + crc32(kind + body).to_bytes(4, "big")


def _webp(picture: ImageData, exif: bytes | None, profile: bytes | None) -> bytes:
    kept = [(kind, body) for kind, body in webp_chunks(picture.data) if kind != b"VP8X"]
    extended = [body for kind, body in webp_chunks(picture.data) if kind == b"VP8X"]
    # A picture without the extended header may hold alpha all the same: the lossless kind says so inside.
    inside = any(kind == b"VP8L" and body[4] & 0x10 for kind, body in kept)
    flags = extended[0][0] & _HAS_ALPHA if extended else (_HAS_ALPHA if inside else 0)
    flags |= (_HAS_EXIF if exif else 0) | (_HAS_PROFILE if profile else 0)
    size = b"".join((side - 1).to_bytes(3, "little") for side in (picture.width, picture.height))
    chunks = [(b"VP8X", bytes([flags, 0, 0, 0]) + size)]
    chunks += [(b"ICCP", profile)] if profile else []
    chunks += kept
    chunks += [(b"EXIF", exif)] if exif else []
    return webp.riff(chunks)
