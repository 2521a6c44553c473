"""BMP: header checks, and what it says of colours and resolution.

Source: Windows GDI, BITMAPFILEHEADER and BITMAPINFOHEADER to BITMAPV5HEADER.
"""

from typing import Final

from masquerade.data.containers.image_data import ContainerRejected, ImageData, check_size
from masquerade.data.rejection import Rejection

DENSITY: Final = b"resolution"
SPACE: Final = b"colour space"
PROFILE: Final = b"profile"
_HEADERS = (40, 52, 56, 108, 124)
_DEPTHS = (1, 4, 8, 16, 24, 32)
_PLAIN = (0, 3)  # uncompressed, and uncompressed with channel masks
_AT: Final = 14
"""Where the header begins, and what places in it are counted from."""
_KIND, _GAMMA_END, _V5 = 56, 108, 124
_CALIBRATED, _EMBEDDED = b"\0\0\0\0", b"DEBM"
_SRGB: Final = b"BGRs" + bytes(48)
_PERCEPTUAL: Final = b"\4\0\0\0"
_DEPTH_AT, _WITH_ALPHA = 28, 32
_BGRA: Final = b"\0\0\xff\0\0\xff\0\0\xff\0\0\0\0\0\0\xff"
"""Masks of red, green, blue and alpha."""


def take_apart(data: bytes) -> ImageData:
    """Check a BMP.

    Raises:
        Turned: If it is damaged, cut short, too large, compressed, or of the OS/2 kind.
    """
    if len(data) < 54:
        raise ContainerRejected(Rejection.TRUNCATED, "ends within its header")
    start, header = (int.from_bytes(data[i : i + 4], "little") for i in (10, 14))
    width, height = (int.from_bytes(data[i : i + 4], "little", signed=True) for i in (18, 22))
    depth, compression = int.from_bytes(data[28:30], "little"), int.from_bytes(data[30:34], "little")
    if header not in _HEADERS or depth not in _DEPTHS or compression not in _PLAIN:
        raise ContainerRejected(
            Rejection.UNSUPPORTED_FORMAT, f"header of {header} bytes, compression {compression}"
        )
    check_size(width, abs(height))  # a negative height says that rows go downwards
    end = start + (width * depth + 31) // 32 * 4 * abs(height)
    if end > len(data):
        raise ContainerRejected(Rejection.TRUNCATED, "fewer pixels than its header says")
    return ImageData("BMP", width, abs(height), 1, data[:end], tuple(_marks(data, header)))


def _marks(data: bytes, length: int) -> list[tuple[bytes, bytes]]:
    """Resolution, and of a header that has one the colour space; where a profile lies elsewhere is a file's name."""
    header = data[_AT : _AT + length]
    marks = [(DENSITY, header[24:32])] if any(header[24:32]) else []
    kind, place, size = header[_KIND : _KIND + 4], *(_word(header[i : i + 4]) for i in (112, 116))
    if kind == _CALIBRATED and len(header) >= _GAMMA_END and any(header[_KIND + 4 : _GAMMA_END]):
        marks.append((SPACE, header[_KIND:_GAMMA_END]))
    if kind == _EMBEDDED and length == _V5 and _AT + place + size <= len(data):
        marks.append((PROFILE, data[_AT + place : _AT + place + size]))
    return marks


def assembled(data: bytes, marks: dict[bytes, bytes], profile: bytes | None) -> bytes:
    """A file with alpha, resolution and colours in its header.

    Args:
        data: A file with a header of 40 bytes; of 32 bits a pixel the upper 8 are alpha.
        marks: As ``take_apart`` gives them.
        profile: An ICC profile.
    """
    header = data[_AT:38] + marks.get(DENSITY, bytes(8)) + data[46:54]
    if data[_DEPTH_AT] == _WITH_ALPHA or profile or SPACE in marks:
        return _with_colours(header, data[54:], marks.get(SPACE, _SRGB), profile or b"")
    return data[:_AT] + header + data[54:]


def _with_colours(header: bytes, pixels: bytes, space: bytes, profile: bytes) -> bytes:
    """A file of a BITMAPV5HEADER."""
    compression, masks = (b"\3\0\0\0", _BGRA) if header[14] == _WITH_ALPHA else (bytes(4), bytes(16))
    start, whole = _AT + _V5 + len(pixels) - _word(header[20:24]), _AT + _V5 + len(pixels)
    parts = [b"BM", _bytes(whole + len(profile)), bytes(4), _bytes(start)]
    parts += [_bytes(_V5), header[4:16], compression, header[20:], masks]
    parts += [_EMBEDDED + space[4:] if profile else space, _PERCEPTUAL]
    parts += [_bytes(whole - _AT if profile else 0), _bytes(len(profile)), bytes(4), pixels, profile]
    return b"".join(parts)


def _word(part: bytes) -> int:
    return int.from_bytes(part, "little")


def _bytes(number: int) -> bytes:
    return number.to_bytes(4, "little")
