"""Image files taken apart and put together by hand, with whatever a format allows to stand in them."""

import io
import struct
import zlib
from collections.abc import Iterator

import numpy as np
from PIL import Image

CANARY = b"canary in a mine"


def smooth(width: int = 60, height: int = 44, mode: str = "RGB") -> Image.Image:
    """A picture without a word in it."""
    rows, columns = np.mgrid[0:height, 0:width]
    waves = [128 + 100 * np.sin(rows / (5 + c) + columns / (7 - c)) for c in range(3)]
    return Image.fromarray(np.stack(waves, axis=2).astype(np.uint8)).convert(mode)


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def segment(marker: int, body: bytes) -> bytes:
    return bytes([0xFF, marker]) + struct.pack(">H", len(body) + 2) + body


def exif(orientation: int | None = None) -> bytes:
    """A TIFF directory that says an orientation, or nothing."""
    if orientation is None:
        return b"II*\0\x08\0\0\0\0\0" + bytes(4)
    return b"II*\0\x08\0\0\0\x01\0" + struct.pack("<HHIHH", 0x112, 3, 1, orientation, 0) + bytes(4)


def exif_segment(block: bytes) -> bytes:
    return segment(0xE1, b"Exif\0\0" + block)


def markers(jpeg: bytes) -> list[int]:
    """Where each marker of a JPEG without fill bytes stands, restart marks and the end among them."""
    places, at = [], 2
    while at < len(jpeg):
        assert jpeg[at] == 0xFF
        places.append(at)
        if jpeg[at + 1] == 0xD9:
            break
        if not 0xD0 <= jpeg[at + 1] <= 0xD7:
            at += int.from_bytes(jpeg[at + 2 : at + 4], "big")
        at += 2
        while jpeg[at - 2 : at] and (jpeg[at] != 0xFF or jpeg[at + 1] == 0):
            at += 1
    return places


def inserted(data: bytes, at: int, more: bytes) -> bytes:
    return data[:at] + more + data[at:]


def scans(jpeg: bytes) -> list[int]:
    return [at for at in markers(jpeg) if jpeg[at + 1] == 0xDA]


def jpeg(**options: object) -> bytes:
    return encoded(smooth(), "JPEG", quality=80, **options)


def motion_photo(photo: bytes) -> bytes:
    """A photo as phones write it, with a video behind it; some 90 places of its 6 MB look like scans."""
    video = np.random.default_rng(1).integers(0, 256, 6_000_000, dtype=np.uint8).tobytes()
    box = struct.pack(">I", 24) + b"ftypmp42\0\0\0\0isommp42" + struct.pack(">I", len(video) + 8) + b"mdat"
    return photo + box + video


def several_pictures(photo: bytes) -> bytes:
    """A photo with eight more behind it, of ten scans each."""
    return photo + 8 * encoded(smooth(32, 24), "JPEG", progressive=True)


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 8
    while at < len(png):
        length = int.from_bytes(png[at : at + 4], "big")
        yield png[at + 4 : at + 8], png[at + 8 : at + 8 + length]
        at += 12 + length


def png_of(*parts: tuple[bytes, bytes]) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*part) for part in parts)


def with_chunk(png: bytes, kind: bytes, body: bytes, before: bytes = b"IDAT") -> bytes:
    """A PNG with one chunk more, before the first of another kind."""
    return inserted(png, png.index(before) - 4, chunk(kind, body))


def riff(*parts: tuple[bytes, bytes], pad: bytes = b"\0") -> bytes:
    body = b"WEBP" + b"".join(
        kind + struct.pack("<I", len(each)) + each + pad * (len(each) % 2) for kind, each in parts
    )
    return b"RIFF" + struct.pack("<I", len(body)) + body


def riff_parts(webp: bytes) -> list[tuple[bytes, bytes]]:
    found, at = [], 12
    while at < len(webp):
        length = int.from_bytes(webp[at + 4 : at + 8], "little")
        found.append((webp[at : at + 4], webp[at + 8 : at + 8 + length]))
        at += 8 + length + length % 2
    return found


def extended(webp: bytes, *more: tuple[bytes, bytes], flags: int = 0, reserved: bytes = bytes(3)) -> bytes:
    """A WebP with the header that lets other chunks stand in it."""
    with Image.open(io.BytesIO(webp)) as image:
        size = b"".join(struct.pack("<I", side - 1)[:3] for side in image.size)
    picture = [part for part in riff_parts(webp) if part[0] != b"VP8X"]
    return riff((b"VP8X", bytes([flags]) + reserved + size), *picture, *more)


def long_header(bmp: bytes, kind: bytes = b"BGRs", profile: bytes = b"") -> bytes:
    """A BMP with a header of 124 bytes, whose colour space is of that kind, and a profile behind its pixels."""
    start = int.from_bytes(bmp[10:14], "little")
    ends = struct.pack("<9I", *range(1, 10)) + struct.pack("<3I", 1 << 16, 2 << 16, 3 << 16)
    place = len(bmp) + 84 - 14
    header = bytes(16) + kind + ends + struct.pack("<IIII", 2, place, len(profile), 0)
    head = bmp[:10] + struct.pack("<I", start + 84) + struct.pack("<I", 124) + bmp[18:54]
    return head + header + bmp[54:] + profile
