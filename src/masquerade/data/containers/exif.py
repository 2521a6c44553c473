"""The one thing that masquerade reads out of EXIF: which way up the picture is."""

from typing import Literal

_ORIENTATION = 0x0112
_SHORT = 3


def orientation(tiff: bytes) -> int:
    """Orientation, 1 to 8, out of an EXIF block.

    A block that says nothing or cannot be read gives 1, the picture as stored, as viewers do.

    Args:
        tiff: The block from its byte-order mark on.

    Source: Exif 3.0, 4.6.5; tag 0x0112 of the first directory.
    """
    order: Literal["little", "big"]
    if tiff.startswith(b"II*\0"):
        order = "little"
    elif tiff.startswith(b"MM\0*"):
        order = "big"
    else:
        return 1
    start = int.from_bytes(tiff[4:8], order)
    entries = int.from_bytes(tiff[start : start + 2], order)
    for at in range(start + 2, min(start + 2 + 12 * entries, len(tiff) - 11), 12):
        tag, kind = int.from_bytes(tiff[at : at + 2], order), int.from_bytes(tiff[at + 2 : at + 4], order)
        if tag == _ORIENTATION:
            value = int.from_bytes(tiff[at + 8 : at + 10], order)
            return value if kind == _SHORT and 1 <= value <= 8 else 1
    return 1
