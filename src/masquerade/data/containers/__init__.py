"""Image files taken apart before a decoder sees them.

Each format's module checks a file's structure, reads size and orientation out of its header, and keeps only
what pixels need. So limits hold before a decoder allocates anything, and profiles, comments, thumbnails and
positions reach neither the decoder nor anything behind it.
"""

from collections.abc import Callable

from masquerade.data.containers import bmp, jpeg, png, webp
from masquerade.data.containers.essence import MAX_PIXELS, Essence, Turned
from masquerade.data.rejection import Rejection

_OTHERS = (
    b"GIF8", b"II*\0", b"MM\0*", b"II+\0", b"MM\0+", b"\0\0\1\0", b"8BPS", b"\0\0\0\x0cjP", b"\xffO\xffQ",
    b"\xff\n", b"\0\0\0\x0cJXL", b"P1", b"P2", b"P3", b"P4", b"P5", b"P6", b"DDS ", b"qoif", b"icns",
    b"\x8aMNG",
)  # fmt: skip


def take_apart(data: bytes) -> Essence:
    """Take an image file apart, telling its format by content.

    Args:
        data: A whole file.

    Raises:
        Turned: If it is not one picture of an admitted format, or exceeds a limit.
    """
    return _module(data)(data)


def _module(data: bytes) -> Callable[[bytes], Essence]:
    if data.startswith(b"\xff\xd8"):
        return jpeg.take_apart
    if data.startswith(png.SIGNATURE):
        return png.take_apart
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return webp.take_apart
    if data.startswith(b"BM"):
        return bmp.take_apart
    if data[4:8] == b"ftyp":
        kind = "AVIF" if data[8:12] in (b"avif", b"avis") else "HEIC"
        raise Turned(Rejection.UNSUPPORTED_FORMAT, f"{kind} is not read, save it as JPEG")
    if data.startswith(_OTHERS):
        raise Turned(Rejection.UNSUPPORTED_FORMAT, "an image of a format that is not read, save it as JPEG")
    raise Turned(Rejection.NOT_AN_IMAGE, f"begins with {data[:8].hex(' ')}")


__all__ = ["MAX_PIXELS", "Essence", "Turned", "take_apart"]
