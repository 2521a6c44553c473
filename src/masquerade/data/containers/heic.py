"""HEIC and HEIF: of all that such a file holds, its main picture, as HEVC or as a grid of HEVC tiles.

The file is taken apart here and written anew with that picture alone, so that a decoder sees no second picture,
no message inside one, nothing that lies elsewhere, and no size but the one that was held to the limits. What
viewers would heed besides (gain maps, depth maps, portrait masks, videos) is left behind by name.

Source: ISO/IEC 23008-12:2022; ISO/IEC 23000-22 (order of transformations).
"""

from typing import Final, NamedTuple

import numpy as np

from masquerade.data.containers.boxes import Box, Fields, box, boxes
from masquerade.data.containers.heic_items import Items, Property
from masquerade.data.containers.heic_writing import Still, written
from masquerade.data.containers.hevc import Coding, check_coded_size, coding, picture
from masquerade.data.containers.image_data import ContainerRejected, ImageData, check_size
from masquerade.data.orientation import upright
from masquerade.data.rejection import Rejection

PROFILE: Final = b"ICC"
COLOURS: Final = b"nclx"
CHROMA: Final = b"chroma"
DEPTH: Final = b"depth"
_TURNS: Final = {b"irot", b"imir"}
_HEEDED: Final = {b"hvcC", b"ispe", b"colr", b"clap", b"pixi", b"pasp", *_TURNS}
_MOST_CROPPED: Final = 64
"""Pixels at an edge that are not shown; encoders fill up their last blocks so."""
_LEFT: Final = {
    "gain map": (b"gainmap", b"tmap"),
    "depth map": (b"auxid:2", b"depth", b"disparity"),
    "portrait mask": (b"matte",),
}
_ALPHA: Final = (b"auxid:1\0", b":alpha\0")
_OTHER_CODINGS: Final = {
    b"av01": "an AVIF photo",
    b"jpeg": "a HEIF photo coded as JPEG",
    b"iovl": "a collage",
}


class Size(NamedTuple):
    """Columns and rows."""

    width: int
    height: int


def take_apart(data: bytes) -> ImageData:
    """Take a HEIC file apart.

    Raises:
        ContainerRejected: If it is damaged, cut short, too large, or of a kind that is not taken in.
    """
    items, behind = _items(data)
    still, chroma, depth = _still(items)
    said = items.properties.get(items.primary, [])
    marks = [(CHROMA, bytes([chroma])), (DEPTH, bytes([depth]))]
    marks += [] if still.profile is None else [(PROFILE, still.profile)]
    marks += [] if still.colours is None else [(COLOURS, still.colours)]
    width, height = _shown(still, said)
    return ImageData(
        "HEIC",
        width,
        height,
        _orientation([each.box for each in said if each.box.kind in _TURNS]),
        written(still._replace(profile=None, turns=())),
        tuple(marks),
        (*_left_behind(items), *behind),
    )


def written_beside(data: bytes) -> list[tuple[bytes, bytes]]:
    """Exif and XMP of a file that was taken in, for those who measure what a file tells.

    Returns:
        The kind of each, ``Exif`` or ``mime``, and its bytes; Exif begins with its byte order.
    """
    items, _ = _items(data)
    found = [(kind, items.content(item)) for item, kind in items.kinds.items() if kind in (b"Exif", b"mime")]
    return [
        (kind, body[4 + int.from_bytes(body[:4], "big") :] if kind == b"Exif" else body)
        for kind, body in found
    ]


def assembled(data: bytes, orientation: int, colours: bytes | None, profile: bytes | None) -> bytes:
    """A file of a bare picture that says which way up it is, and what its colours are.

    Args:
        data: As ``take_apart`` gives it.
        orientation: EXIF orientation, 1 to 8.
        colours: What the photo said of its primaries and its curve; how brightness and colours are mixed is
            said by the picture itself.
        profile: An ICC profile.
    """
    items, _ = _items(data)
    still, _, _ = _still(items)
    if colours is not None and still.colours is not None:
        colours = colours[:4] + still.colours[4:]
    turns = _WAYS[orientation]
    return written(still._replace(profile=profile, colours=colours or still.colours, turns=turns))


def _items(data: bytes) -> tuple[Items, list[str]]:
    """The items of a file, and whether a video lies beside them; what lies behind ``meta`` may be malformed."""
    items, behind, found = Items(data), list[str](), False
    try:
        for kind, body in boxes(data):
            if kind == b"meta" and not found:
                items.read(body)
                found = True
            elif kind in (b"moov", b"mpvd") and "video" not in behind:
                behind.append("video")
    except ContainerRejected:
        if not found:
            raise
    if items.primary not in items.kinds:
        raise ContainerRejected(Rejection.DAMAGED, "no picture")
    return items, behind


def _still(items: Items) -> tuple[Still, int, int]:
    """The main picture, the kind of its colours, and its depth."""
    main, said = items.primary, _heeded(items, items.primary)
    grid: tuple[int, int] | None = None
    tiles: tuple[int, ...] = (main,)
    size = _size(said)
    if items.kinds[main] == b"grid":
        tiles = items.referred(b"dimg", main)
        grid = _grid(items.content(main), size, len(tiles))
    how, tile, pictures = _tiles(items, tiles)
    if grid is not None:
        _check_cover(grid, tile, size)
    colours = _colours(_heeded(items, tiles[0])) | _colours(said)
    crop = next((each.box.body for each in said if each.box.kind == b"clap"), None)
    still = Still(
        size, tile, grid, how.configuration, pictures, colours.get(PROFILE), colours.get(COLOURS), crop, ()
    )
    return still, how.chroma, how.depth


def _heeded(items: Items, item: int) -> list[Property]:
    kind = items.kinds.get(item, b"")
    if kind not in (b"hvc1", b"grid"):
        raise ContainerRejected(
            Rejection.UNSUPPORTED_FORMAT,
            _OTHER_CODINGS.get(kind, "a HEIF photo of another kind"),
            "Save it as JPEG.",
        )
    said = items.properties.get(item, [])
    if any(each.is_essential and each.box.kind not in _HEEDED for each in said):
        raise ContainerRejected(
            Rejection.UNSUPPORTED_FORMAT, "a HEIC photo of a new kind", "Save it as JPEG."
        )
    return said


def _tiles(items: Items, tiles: tuple[int, ...]) -> tuple[Coding, Size, tuple[bytes, ...]]:
    """How all tiles are coded, their size, and their slices."""
    codings, sizes, pictures = set[Coding](), set[Size](), []
    configurations = dict[bytes, Coding]()
    for item in tiles:
        said = _heeded(items, item)
        body = next((each.box.body for each in said if each.box.kind == b"hvcC"), b"")
        if body not in configurations:
            configurations[body] = coding(body)
        how, size = configurations[body], _size(said)
        check_coded_size(how, *size)
        codings.add(how)
        sizes.add(size)
        pictures.append(picture(items.content(item), how))
    if len(codings) != 1 or len(sizes) != 1:
        raise ContainerRejected(
            Rejection.UNSUPPORTED_FORMAT, "a HEIC photo of unlike tiles", "Save it as JPEG."
        )
    return codings.pop(), sizes.pop(), tuple(pictures)


def _size(said: list[Property]) -> Size:
    body = Fields(next((each.box.body for each in said if each.box.kind == b"ispe"), b""))
    body.version()
    size = Size(body.number(4), body.number(4))
    check_size(*size)
    return size


def _grid(body: bytes, size: Size, tiles: int) -> tuple[int, int]:
    """Columns and rows of a grid."""
    fields = Fields(body)
    fields.number(1)
    wide = 4 if fields.number(1) & 1 else 2
    rows, columns = fields.number(1) + 1, fields.number(1) + 1
    if Size(fields.number(wide), fields.number(wide)) != size or rows * columns != tiles:
        raise ContainerRejected(Rejection.DAMAGED, "a grid that contradicts its picture")
    return columns, rows


def _check_cover(grid: tuple[int, int], tile: Size, size: Size) -> None:
    """Tiles cover the picture, and none lies outside it: so all together are hardly larger than it."""
    for count, part, whole in zip(grid, tile, size, strict=True):
        if not (count - 1) * part < whole <= count * part:
            raise ContainerRejected(Rejection.DAMAGED, "tiles that do not fit their picture")


def _colours(said: list[Property]) -> dict[bytes, bytes]:
    found = dict[bytes, bytes]()
    for each in said:
        kind, body = each.box.body[:4], each.box.body[4:]
        if each.box.kind == b"colr" and kind in (b"prof", b"rICC"):
            found.setdefault(PROFILE, body)
        elif each.box.kind == b"colr" and kind == b"nclx" and len(body) == 7:
            found.setdefault(COLOURS, body[:6] + bytes([body[6] & 0x80]))
    return found


def _shown(still: Still, said: list[Property]) -> Size:
    """The size without what is cropped, which stands before turns and takes no more than blocks that were filled up."""
    kinds = [each.box.kind for each in said]
    if still.crop is None:
        return Size(*still.size)
    if kinds.count(b"clap") > 1 or any(kind in _TURNS for kind in kinds[: kinds.index(b"clap")]):
        raise ContainerRejected(
            Rejection.UNSUPPORTED_FORMAT, "a HEIC photo cropped twice", "Save it as JPEG."
        )
    fields = Fields(still.crop)
    width, across, height, down = (fields.number(4) for _ in range(4))
    if not across or not down or width % across or height % down:
        raise ContainerRejected(Rejection.DAMAGED, "a crop of parts of pixels")
    size = Size(width // across, height // down)
    if not all(0 <= whole - part < _MOST_CROPPED for whole, part in zip(still.size, size, strict=True)):
        raise ContainerRejected(
            Rejection.UNSUPPORTED_FORMAT, "a HEIC photo that still holds what was cropped", "Save it as JPEG."
        )
    check_size(*size)
    return size


def _left_behind(items: Items) -> list[str]:
    names = [
        each.box.body[4:] for said in items.properties.values() for each in said if each.box.kind == b"auxC"
    ]
    of_main = [source for kind, source, to in items.references if kind == b"auxl" and items.primary in to]
    for item in of_main:
        urn = next(
            (each.box.body for each in items.properties.get(item, []) if each.box.kind == b"auxC"), b""
        )
        if any(word in urn + b"\0" for word in _ALPHA):
            raise ContainerRejected(
                Rejection.UNSUPPORTED_FORMAT, "a transparent HEIC photo", "Save it as PNG."
            )
    names += items.kinds.values()
    return [
        name for name, words in _LEFT.items() if any(word in each.lower() for each in names for word in words)
    ]


def _orientation(turns: list[Box]) -> int:
    corners = np.array([[0, 1], [2, 3]])
    for kind, body in turns:
        if kind == b"irot":
            corners = np.rot90(corners, body[0] & 3 if body else 0)
        else:
            corners = corners[:, ::-1] if body[:1] == b"\1" else corners[::-1]
    return next(each for each in range(1, 9) if _is_turned(corners, each))


def _is_turned(corners: np.ndarray, orientation: int) -> bool:
    return np.array_equal(upright(np.array([[0, 1], [2, 3]]), orientation), corners)


def _ways() -> dict[int, tuple[bytes, ...]]:
    """The turns that bring each orientation about, rotation first."""
    ways = dict[int, tuple[bytes, ...]]()
    for mirror in (b"", b"\0", b"\1"):
        for angle in range(4):
            turns = [Box(b"irot", bytes([angle]))] if angle else []
            turns += [Box(b"imir", mirror)] if mirror else []
            ways.setdefault(_orientation(turns), tuple(box(*each) for each in turns))
    return ways


_WAYS: Final = _ways()
