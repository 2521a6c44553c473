"""HEVC stills: what a decoder needs of one picture, held to the size that its container says.

Parameter sets and the slices of one picture are kept; messages, and all that is in further layers, are not. So
a decoder meets no second picture, however small it is packed, and none larger than was looked at.

Source: ITU-T H.265, 7.3.1 (units), 7.3.2.2 (sequence parameters), 7.3.3 (profile); ISO/IEC 14496-15, 8.3.3.1.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

from masquerade.data.containers.boxes import Fields
from masquerade.data.containers.image_data import ContainerRejected
from masquerade.data.rejection import Rejection

_HEAD: Final = 22
"""Bytes of a configuration before its parameter sets."""
_RATE, _LENGTHS = slice(19, 21), 21
_SEQUENCE: Final = 33
_PARAMETERS: Final = (32, _SEQUENCE, 34)
"""Units: video, sequence and picture parameters."""
_SLICES: Final = range(32)
_WHOLE: Final = range(16, 22)
"""Slices of pictures that need no other picture."""
_MOST_SETS: Final = 64
_BLOCK: Final = 64
"""Pixels by which a coded side may be longer than the picture's."""


class Coding(NamedTuple):
    """How a picture is coded.

    Args:
        configuration: ``hvcC``'s body, with nothing but parameter sets.
        lengths: Bytes of each unit's length in the coded picture.
        width: Columns coded.
        height: Rows coded.
        chroma: 0 grey, 1 colours halved both ways, 2 halved across, 3 whole.
        depth: Bits a channel.
    """

    configuration: bytes
    lengths: int
    width: int
    height: int
    chroma: int
    depth: int


def coding(body: bytes) -> Coding:
    """Take a configuration apart.

    Raises:
        ContainerRejected: If it is damaged, or says several sizes.
    """
    fields = Fields(body)
    head = bytearray(fields.part(_HEAD))
    sets = [unit for unit in _units_of(fields) if _kind(unit) in _PARAMETERS and not _layer(unit)]
    sizes = {_sequence(unit) for unit in sets if _kind(unit) == _SEQUENCE}
    if len(sizes) != 1 or len(sets) > _MOST_SETS:
        raise ContainerRejected(Rejection.DAMAGED, "not one kind of HEVC picture")
    lengths = (head[_LENGTHS] & 3) + 1
    head[_LENGTHS] |= 3
    head[_RATE] = bytes(2)
    return Coding(bytes(head) + _arrays(sets), lengths, *sizes.pop())


def picture(coded: bytes, how: Coding) -> bytes:
    """The slices of a coded picture, each behind a length of 4 bytes.

    Raises:
        ContainerRejected: If there is not exactly one picture, or it is damaged.
    """
    slices = [unit for unit in _split(coded, how.lengths) if _kind(unit) in _SLICES and not _layer(unit)]
    first = [bool(unit[2] & 0x80) for unit in slices]
    if not slices or not first[0] or any(_kind(unit) not in _WHOLE for unit in slices):
        raise ContainerRejected(Rejection.DAMAGED, "no picture")
    if any(first[1:]):
        raise ContainerRejected(Rejection.SEVERAL_FRAMES, "several pictures in one")
    return b"".join(len(unit).to_bytes(4, "big") + unit for unit in slices)


def check_coded_size(how: Coding, width: int, height: int) -> None:
    """Refuse a picture that is coded at another size than its container says.

    Raises:
        ContainerRejected: If it is smaller, or larger by more than a block.
    """
    if not (0 <= how.width - width <= _BLOCK and 0 <= how.height - height <= _BLOCK):
        raise ContainerRejected(
            Rejection.DAMAGED, f"{how.width}x{how.height} pixels are coded where it says {width}x{height}"
        )


def _units_of(fields: Fields) -> Iterator[bytes]:
    for _ in range(fields.number(1)):
        fields.number(1)
        for _ in range(fields.number(2)):
            yield _sound(fields.part(fields.number(2)))


def _split(coded: bytes, lengths: int) -> Iterator[bytes]:
    at = 0
    while at < len(coded):
        size = int.from_bytes(coded[at : at + lengths], "big")
        at += lengths + size
        if at > len(coded):
            raise ContainerRejected(Rejection.TRUNCATED, "ends within a picture")
        yield _sound(coded[at - size : at])


def _sound(unit: bytes) -> bytes:
    if len(unit) < 3:
        raise ContainerRejected(Rejection.DAMAGED, "an empty unit")
    return unit


def _kind(unit: bytes) -> int:
    return unit[0] >> 1 & 0x3F


def _layer(unit: bytes) -> int:
    return (unit[0] & 1) << 5 | unit[1] >> 3


def _arrays(sets: list[bytes]) -> bytes:
    parts = [bytes([len(_PARAMETERS)])]
    for kind in _PARAMETERS:
        units = [unit for unit in sets if _kind(unit) == kind]
        parts.append(bytes([0x80 | kind]) + len(units).to_bytes(2, "big"))
        parts += [len(unit).to_bytes(2, "big") + unit for unit in units]
    return b"".join(parts)


def _sequence(unit: bytes) -> tuple[int, int, int, int]:
    """Width, height, chroma and depth."""
    bits = _Bits(unit[2:].replace(b"\0\0\3", b"\0\0"))
    bits.take(4)
    layers = bits.take(3)
    bits.take(1 + 96)
    present = [(bits.take(1), bits.take(1)) for _ in range(layers)]
    bits.take(2 * (8 - layers) if layers else 0)
    for profile, level in present:
        bits.take(88 * profile + 8 * level)
    bits.count()
    chroma = bits.count()
    if chroma == 3:
        bits.take(1)
    width, height = bits.count(), bits.count()
    if bits.take(1):
        for _ in range(4):
            bits.count()
    return width, height, chroma, 8 + max(bits.count(), bits.count())


class _Bits:
    """Numbers of so many bits, and of as many as they need (9.2)."""

    def __init__(self, data: bytes) -> None:
        self._bits = "".join(f"{each:08b}" for each in data[:200])
        self._at = 0

    def take(self, size: int) -> int:
        found = self._bits[self._at : self._at + size]
        if len(found) < size:
            raise ContainerRejected(Rejection.DAMAGED, "short sequence parameters")
        self._at += size
        return int(found or "0", 2)

    def count(self) -> int:
        one = self._bits.find("1", self._at)
        zeros = one - self._at
        if one < 0 or zeros > 31:
            raise ContainerRejected(Rejection.DAMAGED, "malformed sequence parameters")
        self._at = one
        return self.take(zeros + 1) - 1
