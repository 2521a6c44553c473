"""HEIC photos as phones write them, and files put together by hand from their boxes."""

import io
from collections.abc import Iterator

import pillow_heif
from PIL import Image, ImageCms

from masquerade.data.containers.boxes import box

SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
_P3 = {
    b"rXYZ": (0.51512, 0.2412, -0.00105),
    b"gXYZ": (0.29198, 0.69225, 0.04189),
    b"bXYZ": (0.1571, 0.06657, 0.78407),
}


def display_p3() -> bytes:
    """A profile of Display P3: sRGB's with other primaries, adapted to D50."""
    profile = bytearray(SRGB)
    for at in range(132, 132 + 12 * int.from_bytes(profile[128:132], "big"), 12):
        values = _P3.get(bytes(profile[at : at + 4]), ())
        start = int.from_bytes(profile[at + 4 : at + 8], "big") + 8
        for number, value in enumerate(values):
            profile[start + 4 * number : start + 4 * number + 4] = round(value * 65536).to_bytes(
                4, "big", signed=True
            )
    return bytes(profile)


def heic(image: Image.Image, **options: object) -> bytes:
    file = io.BytesIO()
    pillow_heif.from_pillow(image).save(file, **{"quality": 90, **options})
    return file.getvalue()


def parts(data: bytes, start: int = 0) -> Iterator[tuple[bytes, bytes]]:
    """Boxes and their bodies."""
    while start < len(data):
        size = int.from_bytes(data[start : start + 4], "big")
        yield data[start + 4 : start + 8], data[start + 8 : start + size]
        start += size


def with_properties(data: bytes, *more: bytes, essential: bool = True) -> bytes:
    """A HEIC of one item that also has these properties; its picture moves back by what they take."""
    grown = sum(map(len, more)) + len(more)
    made = b""
    for kind, body in parts(data):
        made += box(kind, _meta(body, more, essential, grown) if kind == b"meta" else body)
    return made


def _meta(body: bytes, more: tuple[bytes, ...], essential: bool, grown: int) -> bytes:
    made = body[:4]
    for kind, inner in parts(body, 4):
        if kind == b"iprp":
            (_, every), (_, table) = parts(inner)
            there = len(list(parts(every)))
            numbers = bytes(0x80 * essential | there + 1 + each for each in range(len(more)))
            count = table[10] + len(more)
            table = table[:10] + bytes([count]) + table[11:] + numbers
            inner = box(b"ipco", every, *more) + box(b"ipma", table)
        elif kind == b"iloc":
            inner = inner[:12] + (int.from_bytes(inner[12:16], "big") + grown).to_bytes(4, "big") + inner[16:]
        made += box(kind, inner)
    return made
