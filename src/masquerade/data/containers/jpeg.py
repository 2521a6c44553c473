"""JPEG: of its first picture, what pixels need is kept: frame, tables, scans, and how components become colours.

A JPEG that carries more behind the first picture (a video, a preview, a gain map, the second eye) is read as its
first, which is the photo.

Source: ITU-T T.81, annex B; JFIF 1.02; Adobe Technical Note 5116 (APP14).
"""

from typing import Final

from masquerade.data.containers.exif import orientation
from masquerade.data.containers.image_data import ContainerRejected, ImageData, check_size
from masquerade.data.containers.jpeg_segments import SCAN, Segment, segments
from masquerade.data.containers.jpeg_tables import HUFFMAN, QUANTISATION, RESTART, Tables
from masquerade.data.rejection import Rejection

MAX_SCANS: Final = 64
"""Most scans of a progressive photo; encoders write about ten, and every scan goes over all pixels."""
PROFILE_MARK: Final = b"ICC_PROFILE\0"
DENSITY: Final = b"JFIF"
SQUARE: Final = b"\0\0\1\0\1"
"""A density that says no more than that pixels are square."""
APP0, APP1, APP2, _APP14 = 0xE0, 0xE1, 0xE2, 0xEE

_PROGRESSIVE: Final = 0xC2
_FRAMES: Final = {0xC0, 0xC1, _PROGRESSIVE}  # baseline, extended, progressive; all Huffman-coded
_OTHER_FRAMES: Final = {0xC3, *range(0xC5, 0xC8), *range(0xC9, 0xCC), *range(0xCD, 0xD0)}
"""Lossless, hierarchical, arithmetic."""
_ALL_FRAMES: Final = _FRAMES | _OTHER_FRAMES
_TABLES: Final = {HUFFMAN, QUANTISATION, RESTART}
_EXIF: Final = b"Exif\0\0"
_XMP: Final = b"http://ns.adobe.com/xap/1.0/\0"
_LEFT: Final = {
    "gain map": (b"hdrgm:", b"HDRGainMap", b"urn:iso:std:iso:ts:21496:-1"),
    "depth map": (b"GDepth:",),
    "video": (b"MotionPhoto=", b"MicroVideo=", b"MotionPhoto>", b"MicroVideo>"),
    "further pictures": (b"MPF\0",),
}
"""What lies behind pictures, and words by which XMP or other segments announce it."""


def take_apart(data: bytes) -> ImageData:
    """Take a JPEG apart.

    Raises:
        Turned: If it is damaged, cut short, too large, or of a kind that is not taken in.
    """
    header, frame, tables, kept, scans = list[Segment](), None, Tables(), list[bytes](), list[Segment]()
    for segment in segments(data):
        if segment.marker in _ALL_FRAMES:
            if frame:
                raise ContainerRejected(Rejection.DAMAGED, "two frame headers")
            _size(segment)
            frame = segment
        elif segment.marker in _TABLES:
            tables.define(segment)
        elif segment.marker == SCAN:
            frame = _check_scan(frame, segment, len(scans))
            if _adds(frame, segment, scans):
                first = [] if scans else [frame.written()]
                kept += [*tables.quantisation(frame), *first, *tables.entropy(segment), segment.written()]
                scans.append(segment)
        elif not scans:
            header.append(segment)
    if frame is None or not scans:
        raise ContainerRejected(Rejection.DAMAGED, "no picture")
    data = b"".join((b"\xff\xd8", *_colours(header), *kept, b"\xff\xd9"))
    marks, behind = tuple(_marks(header)), tuple(_left_behind(header))
    return ImageData("JPEG", *_size(frame), orientation(_exif(header)), data, marks, behind)


def jfif(density: bytes) -> bytes:
    """JFIF's segment without a preview.

    Args:
        density: Unit, and pixels to the unit across and down, 5 bytes.
    """
    return Segment(APP0, b"JFIF\0\1\2" + density + b"\0\0").written()


def _size(frame: Segment) -> tuple[int, int]:
    body = frame.body
    if frame.marker in _OTHER_FRAMES:
        raise ContainerRejected(Rejection.UNSUPPORTED_FORMAT, "lossless, hierarchical or arithmetic JPEG")
    if len(body) < 6:
        raise ContainerRejected(Rejection.DAMAGED, "short frame header")
    if body[0] != 8 or body[5] not in (1, 3, 4):
        raise ContainerRejected(Rejection.UNSUPPORTED_FORMAT, f"{body[5]} components of {body[0]} bits")
    height, width = int.from_bytes(body[1:3], "big"), int.from_bytes(body[3:5], "big")
    check_size(width, height)
    if len(body) != 6 + 3 * body[5]:
        raise ContainerRejected(Rejection.DAMAGED, "malformed frame header")
    return width, height


def _check_scan(frame: Segment | None, scan: Segment, count: int) -> Segment:
    """The frame, which stands before its scans."""
    if frame is None or not scan.body or len(scan.body) != 4 + 2 * scan.body[0]:
        raise ContainerRejected(Rejection.DAMAGED, "malformed scan")
    if count == MAX_SCANS:
        raise ContainerRejected(Rejection.TOO_COSTLY, f"more than {MAX_SCANS} scans")
    return frame


def _adds(frame: Segment, scan: Segment, before: list[Segment]) -> bool:
    """Whether a scan adds to the picture: where none refines another, each component has one."""
    if frame.marker == _PROGRESSIVE:
        return True
    there = {number for each in before for number in _components(each)}
    if there >= set(frame.body[6::3]):
        return False
    if there & set(_components(scan)):
        raise ContainerRejected(Rejection.DAMAGED, "two scans of one component")
    return True


def _components(scan: Segment) -> bytes:
    return scan.body[1:-3:2]


def _colours(header: list[Segment]) -> list[bytes]:
    """Whether JFIF or Adobe say how components become colours, and nothing of what else these say."""
    is_jfif = any(_is_jfif(segment) for segment in header)
    transforms = [segment.body[11:12] for segment in header if _is_adobe(segment)]
    adobe = [Segment(_APP14, b"Adobe\0\x64\0\0\0\0" + transforms[-1]).written()] if transforms else []
    return [*([jfif(SQUARE)] if is_jfif else []), *adobe]


def _is_jfif(segment: Segment) -> bool:
    return segment.marker == APP0 and segment.body.startswith(b"JFIF\0") and len(segment.body) >= 14


def _is_adobe(segment: Segment) -> bool:
    return segment.marker == _APP14 and segment.body.startswith(b"Adobe") and len(segment.body) >= 12


def _exif(header: list[Segment]) -> bytes:
    """The first block that holds anything; viewers look at no other, though it say nothing of how it lies."""
    blocks = (segment.body for segment in header if segment.marker == APP1)
    return next((body[6:] for body in blocks if body.startswith(_EXIF) and len(body) > len(_EXIF)), b"")


def _marks(header: list[Segment]) -> list[tuple[bytes, bytes]]:
    parts = [each.body[len(PROFILE_MARK) :] for each in header if _is_profile(each)]
    density = [segment.body[7:12] for segment in header if _is_jfif(segment)]
    sound = [each for each in density if each[0] <= 2 and any(each[1:3]) and any(each[3:5])]
    return [(PROFILE_MARK, part) for part in parts] + [(DENSITY, each) for each in sound[:1]]


def _left_behind(header: list[Segment]) -> list[str]:
    """What a header announces that is not the picture; the marks of others are looked for where they may stand."""
    xmp = b"".join(each.body for each in header if each.marker == APP1 and each.body.startswith(_XMP))
    marks = b"".join(each.body[:40] for each in header if each.marker == APP2)
    found = [name for name, words in _LEFT.items() if any(word in xmp or word in marks for word in words)]
    return found[:-1] if len(found) > 1 and found[-1] == "further pictures" else found


def _is_profile(segment: Segment) -> bool:
    return segment.marker == APP2 and segment.body.startswith(PROFILE_MARK) and len(segment.body) > 14
