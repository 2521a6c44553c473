"""A HEIC file of one picture and nothing else.

Source: ISO/IEC 23008-12:2022, 6 and 7; ISO/IEC 14496-12:2022, 8.11.
"""

from typing import Final, NamedTuple

from masquerade.data.containers.boxes import box, full_box

GRID: Final = b"grid"
_HIDDEN: Final = 1
_ESSENTIAL: Final = 0x8000


class Still(NamedTuple):
    """A picture as HEVC, in one piece or as tiles.

    Args:
        size: Columns and rows.
        tile: Columns and rows of a tile; of the picture if there is no grid.
        grid: Tiles across and down, or None.
        configuration: What ``hvcC`` says.
        pictures: Slices of each tile, row by row.
        profile: An ICC profile.
        colours: Primaries, curve, matrix (2 bytes each) and range (a byte).
        crop: What ``clap`` says.
        turns: Boxes of rotation and mirroring.
    """

    size: tuple[int, int]
    tile: tuple[int, int]
    grid: tuple[int, int] | None
    configuration: bytes
    pictures: tuple[bytes, ...]
    profile: bytes | None
    colours: bytes | None
    crop: bytes | None
    turns: tuple[bytes, ...]


def written(still: Still) -> bytes:
    """The file; its main picture is item 1, and tiles of a grid are those behind it."""
    contents = list(still.pictures)
    kinds = [b"hvc1"] * len(contents)
    if still.grid is not None:
        contents.insert(0, _grid(still))
        kinds.insert(0, GRID)
    start = box(b"ftyp", b"heic", bytes(4), b"mif1heic")
    # How long it is does not depend on where the contents lie.
    head = start + _meta(still, kinds, contents, 0)
    return start + _meta(still, kinds, contents, len(head) + 8) + box(b"mdat", *contents)


def _grid(still: Still) -> bytes:
    columns, rows = still.grid or (1, 1)
    return bytes([0, 1, rows - 1, columns - 1]) + b"".join(side.to_bytes(4, "big") for side in still.size)


def _meta(still: Still, kinds: list[bytes], contents: list[bytes], at: int) -> bytes:
    entries = [
        full_box(b"infe", _short(item), bytes(2), kind, b"\0", version=2, flags=_HIDDEN if item > 1 else 0)
        for item, kind in enumerate(kinds, start=1)
    ]
    parts = [
        full_box(b"hdlr", bytes(4), b"pict", bytes(13)),
        full_box(b"pitm", _short(1)),
        full_box(b"iloc", b"\x44\0", _short(len(contents)), *_places(contents, at)),
        full_box(b"iinf", _short(len(entries)), *entries),
        _properties(still, len(kinds)),
    ]
    if still.grid is not None:
        tiles = range(2, len(kinds) + 1)
        parts.append(full_box(b"iref", box(b"dimg", _short(1), _short(len(tiles)), *map(_short, tiles))))
    return full_box(b"meta", *parts)


def _places(contents: list[bytes], at: int) -> list[bytes]:
    places = []
    for item, content in enumerate(contents, start=1):
        places.append(
            _short(item) + bytes(2) + _short(1) + at.to_bytes(4, "big") + len(content).to_bytes(4, "big")
        )
        at += len(content)
    return places


def _properties(still: Still, items: int) -> bytes:
    coded = [(box(b"hvcC", still.configuration), True)]
    said = [(box(b"colr", b"nclx", still.colours), False)] if still.colours is not None else []
    said += [(box(b"colr", b"prof", still.profile), False)] if still.profile is not None else []
    shown = [(box(b"clap", still.crop), True)] if still.crop is not None else []
    shown += [(turn, True) for turn in still.turns]
    sides = [*coded, (_sides(still.tile), False), *said]
    lists = [[*sides, *shown]]
    if still.grid is not None:
        lists = [[(_sides(still.size), False), *said, *shown], *[sides] * (items - 1)]
    every = list(dict.fromkeys(each for each, _ in lists[0] + lists[-1]))
    associations = [
        _short(item)
        + bytes([len(each)])
        + b"".join(_short(every.index(body) + 1 | _ESSENTIAL * is_essential) for body, is_essential in each)
        for item, each in enumerate(lists, start=1)
    ]
    table = full_box(b"ipma", len(lists).to_bytes(4, "big"), *associations, flags=1)
    return box(b"iprp", box(b"ipco", *every), table)


def _sides(size: tuple[int, int]) -> bytes:
    return full_box(b"ispe", *(side.to_bytes(4, "big") for side in size))


def _short(number: int) -> bytes:
    return number.to_bytes(2, "big")
