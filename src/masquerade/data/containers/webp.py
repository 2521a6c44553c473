"""WebP: RIFF chunks, of which the picture, its alpha and its colour profile are kept.

Source: RFC 9649.
"""

from collections.abc import Iterable
from typing import Final

from masquerade.data.containers.exif import orientation
from masquerade.data.containers.image_data import MAX_PARTS, ContainerRejected, ImageData, check_size
from masquerade.data.rejection import Rejection

PROFILE: Final = b"ICCP"
_PICTURE: Final = (b"VP8 ", b"VP8L")
_ANIMATION, _ALPHA = 0x02, 0x10


def take_apart(data: bytes) -> ImageData:
    """Take a WebP apart.

    Raises:
        Turned: If it is damaged, cut short, too large or an animation.
    """
    whole = 8 + int.from_bytes(data[4:8], "little")
    if whole > len(data):
        raise ContainerRejected(Rejection.TRUNCATED, "shorter than its header says")
    parts, at = dict[bytes, bytes](), 12
    for _ in range(MAX_PARTS):
        if at + 8 > whole:
            return _essence(parts)
        kind, length = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "little")
        if at + 8 + length > whole:
            raise ContainerRejected(Rejection.TRUNCATED, "ends within a chunk")
        if kind in (*_PICTURE, b"ALPH") and not parts.keys().isdisjoint((kind, *_PICTURE)):
            raise ContainerRejected(Rejection.DAMAGED, "two pictures")
        parts.setdefault(kind, _checked(kind, data[at + 8 : at + 8 + length]))
        at += 8 + length + length % 2
    raise ContainerRejected(Rejection.TOO_COSTLY, f"more than {MAX_PARTS:,} chunks")


def _checked(kind: bytes, body: bytes) -> bytes:
    if kind == b"VP8X":
        return _extended(body)
    if kind in _PICTURE:
        _size(kind, body[:10])
    return body


def _essence(parts: dict[bytes, bytes]) -> ImageData:
    picture = next((kind for kind in _PICTURE if kind in parts), None)
    if picture is None:
        raise ContainerRejected(Rejection.DAMAGED, "no picture")
    has_alpha = picture == b"VP8 " and b"VP8X" in parts and b"ALPH" in parts
    kinds = [*([b"VP8X"] if b"VP8X" in parts else []), *([b"ALPH"] if has_alpha else []), picture]
    data = riff((kind, parts[kind]) for kind in kinds)
    turned = orientation(parts.get(b"EXIF", b"").removeprefix(b"Exif\0\0"))
    marks = ((PROFILE, parts[PROFILE]),) if PROFILE in parts else ()
    return ImageData("WEBP", *_size(picture, parts[picture][:10]), turned, data, marks)


def riff(chunks: Iterable[tuple[bytes, bytes]]) -> bytes:
    """A file of these chunks."""
    parts = (kind + len(body).to_bytes(4, "little") + body + b"\0" * (len(body) % 2) for kind, body in chunks)
    whole = b"WEBP" + b"".join(parts)
    return b"RIFF" + len(whole).to_bytes(4, "little") + whole


def _extended(body: bytes) -> bytes:
    """The extended header with all flags cleared that announce what is not kept."""
    if len(body) != 10:
        raise ContainerRejected(Rejection.DAMAGED, "malformed extended header")
    if body[0] & _ANIMATION:
        raise ContainerRejected(Rejection.SEVERAL_FRAMES, "an animated WebP")
    width, height = int.from_bytes(body[4:7], "little") + 1, int.from_bytes(body[7:10], "little") + 1
    check_size(width, height)
    return bytes([body[0] & _ALPHA, 0, 0, 0]) + body[4:]


def _size(kind: bytes, start: bytes) -> tuple[int, int]:
    if kind == b"VP8L":
        bits = int.from_bytes(start[1:5], "little")
        width, height, sound = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1, start[:1] == b"\x2f"
    else:
        width, height = (int.from_bytes(start[i : i + 2], "little") & 0x3FFF for i in (6, 8))
        sound = start[3:6] == b"\x9d\x01\x2a"
    if not sound or len(start) < 10:
        raise ContainerRejected(Rejection.DAMAGED, "malformed picture header")
    check_size(width, height)
    return width, height
