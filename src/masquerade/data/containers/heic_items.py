"""The items of a HEIF file: pictures, what is said of them, how they belong together, and where they lie.

Source: ISO/IEC 14496-12:2022, 8.11 (items); ISO/IEC 23008-12:2022, 6.5 and 9.3 (properties).
"""

from dataclasses import dataclass, field
from typing import NamedTuple, final

from masquerade.data.containers.boxes import Box, Fields, boxes
from masquerade.data.containers.image_data import MAX_PARTS, ContainerRejected
from masquerade.data.rejection import Rejection

_IN_FILE, _IN_META = 0, 1


class Property(NamedTuple):
    """Something that is said of an item.

    Args:
        box: What.
        is_essential: Whether nobody may show the item without heeding it.
    """

    box: Box
    is_essential: bool


class _Location(NamedTuple):
    way: int
    extents: tuple[tuple[int, int], ...]


@final
@dataclass
class Items:
    """All items of a file.

    Args:
        data: The file.
        primary: The item that is the photo.
        kinds: Type of each item.
        references: Kind, item, and the items that it refers to.
        properties: What is said of each, in the order in which it is to be done.
    """

    data: bytes
    primary: int = -1
    kinds: dict[int, bytes] = field(default_factory=dict)
    references: list[tuple[bytes, int, tuple[int, ...]]] = field(default_factory=list)
    properties: dict[int, list[Property]] = field(default_factory=dict)
    _locations: dict[int, _Location] = field(default_factory=dict)
    _inside: bytes = b""
    _taken: int = 0

    def content(self, item: int) -> bytes:
        """The bytes of an item.

        Raises:
            ContainerRejected: If they lie outside the file, or items together are larger than it.
        """
        place = self._locations.get(item)
        if place is None or place.way not in (_IN_FILE, _IN_META):
            raise ContainerRejected(Rejection.DAMAGED, "a picture that lies nowhere")
        source = self.data if place.way == _IN_FILE else self._inside
        self._taken += sum(length for _, length in place.extents)
        if any(start + length > len(source) for start, length in place.extents):
            raise ContainerRejected(Rejection.TRUNCATED, "ends within a picture")
        if self._taken > len(self.data):
            raise ContainerRejected(Rejection.TOO_COSTLY, "pictures that share their bytes")
        return b"".join(source[start : start + length] for start, length in place.extents)

    def referred(self, kind: bytes, item: int) -> tuple[int, ...]:
        """The items that an item refers to."""
        return next((to for name, source, to in self.references if (name, source) == (kind, item)), ())

    def read(self, meta: bytes) -> None:
        """Read what stands in ``meta``.

        Raises:
            ContainerRejected: If it is damaged or built to cost.
        """
        readers = {b"pitm": self._read_primary, b"iinf": self._read_kinds, b"iref": self._read_references}
        readers |= {b"iloc": self._read_locations, b"iprp": self._read_properties}
        for kind, body in boxes(meta[4:]):
            if kind in readers:
                readers[kind](body)
            elif kind == b"idat":
                self._inside = body

    def _read_primary(self, body: bytes) -> None:
        fields = Fields(body)
        self.primary = fields.number(4 if fields.version()[0] else 2)

    def _read_kinds(self, body: bytes) -> None:
        fields = Fields(body)
        fields.number(4 if fields.version()[0] else 2)
        for kind, entry in boxes(fields.rest()):
            about = Fields(entry)
            version, _ = about.version()
            if kind == b"infe" and version >= 2:
                item = about.number(2 if version == 2 else 4)
                about.number(2)
                self.kinds[item] = about.part(4)

    def _read_references(self, body: bytes) -> None:
        fields = Fields(body)
        size = 4 if fields.version()[0] else 2
        for kind, entry in boxes(fields.rest()):
            about = Fields(entry)
            source, count = about.number(size), about.number(2)
            self.references.append((kind, source, tuple(about.number(size) for _ in range(count))))

    def _read_locations(self, body: bytes) -> None:
        fields = Fields(body)
        version, _ = fields.version()
        sizes = fields.number(2)
        offset, length, base, index = (sizes >> shift & 15 for shift in (12, 8, 4, 0))
        size, seen = (2 if version < 2 else 4), 0
        for _ in range(fields.number(size)):
            item = fields.number(size)
            way = fields.number(2) & 15 if version else 0
            elsewhere, start, count = fields.number(2), fields.number(base), fields.number(2)
            seen += count + 1
            if seen > MAX_PARTS:
                raise ContainerRejected(Rejection.TOO_COSTLY, f"items in more than {MAX_PARTS:,} pieces")
            extents = []
            for _ in range(count):
                fields.number(index if version else 0)
                extents.append((start + fields.number(offset), fields.number(length)))
            if not elsewhere:
                self._locations[item] = _Location(way, tuple(extents))

    def _read_properties(self, body: bytes) -> None:
        parts = list(boxes(body))
        every = [each for part in parts if part.kind == b"ipco" for each in boxes(part.body)]
        for part in parts:
            if part.kind == b"ipma":
                self._associate(Fields(part.body), every)

    def _associate(self, fields: Fields, every: list[Box]) -> None:
        version, flags = fields.version()
        size, top = (2, 0x8000) if flags & 1 else (1, 0x80)
        for _ in range(fields.number(4)):
            item = fields.number(4 if version else 2)
            said = self.properties.setdefault(item, [])
            for _ in range(fields.number(1)):
                number = fields.number(size)
                place = number & (top - 1)
                if place > len(every):
                    raise ContainerRejected(Rejection.DAMAGED, "a property that is not there")
                if place:
                    said.append(Property(every[place - 1], bool(number & top)))
