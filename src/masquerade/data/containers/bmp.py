"""BMP: header checks; it has no metadata that a decoder would look at.

Source: Windows GDI, BITMAPFILEHEADER and BITMAPINFOHEADER to BITMAPV5HEADER.
"""

from masquerade.data.containers.essence import Essence, Turned, check_size
from masquerade.data.rejection import Rejection

_HEADERS = (40, 52, 56, 108, 124)
_DEPTHS = (1, 4, 8, 16, 24, 32)
_PLAIN = (0, 3)  # uncompressed, and uncompressed with channel masks


def take_apart(data: bytes) -> Essence:
    """Check a BMP.

    Raises:
        Turned: If it is damaged, cut short, too large, compressed, or of the OS/2 kind.
    """
    if len(data) < 54:
        raise Turned(Rejection.TRUNCATED, "ends within its header")
    start, header = (int.from_bytes(data[i : i + 4], "little") for i in (10, 14))
    width, height = (int.from_bytes(data[i : i + 4], "little", signed=True) for i in (18, 22))
    depth, compression = int.from_bytes(data[28:30], "little"), int.from_bytes(data[30:34], "little")
    if header not in _HEADERS or depth not in _DEPTHS or compression not in _PLAIN:
        raise Turned(Rejection.UNSUPPORTED_FORMAT, f"header of {header} bytes, compression {compression}")
    check_size(width, abs(height))  # a negative height says that rows go downwards
    if start + (width * depth + 31) // 32 * 4 * abs(height) > len(data):
        raise Turned(Rejection.TRUNCATED, "fewer pixels than its header says")
    return Essence("BMP", width, abs(height), 1, data)
