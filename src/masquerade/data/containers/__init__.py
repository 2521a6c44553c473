"""Image files taken apart before a decoder sees them.

Each format's module checks a file's structure, reads size and orientation out of its header, and keeps only
what pixels need. So limits hold before a decoder allocates anything, and profiles, comments, thumbnails and
positions reach neither the decoder nor anything behind it.
"""

from collections.abc import Callable
from importlib.util import find_spec
from typing import Final

from masquerade.data.containers import bmp, heic, jpeg, png, webp
from masquerade.data.containers.image_data import MAX_PIXELS, ContainerRejected, ImageData
from masquerade.data.rejection import Rejection
from masquerade.extras import how_to_install

_OTHERS: Final = {
    "a GIF": (b"GIF8",),
    "a TIFF or raw photo": (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"),
    "a JPEG 2000 photo": (b"\0\0\0\x0cjP", b"\xffO\xffQ"),
    "a JPEG XL photo": (b"\xff\n", b"\0\0\0\x0cJXL"),
    "a Photoshop document": (b"8BPS",),
    "an icon": (b"\0\0\1\0", b"icns"),
    "a picture of a format that is not read": (
        *(b"P1", b"P2", b"P3", b"P4", b"P5", b"P6", b"DDS ", b"qoif", b"\x8aMNG"),
    ),
}
"""How files of other formats begin."""
_BRANDS: Final = {
    "an AVIF photo": (b"avif", b"avis"),
    "a raw photo": (b"crx ",),
}
"""What stands behind ``ftyp`` in files of ISO's base format; all others are videos."""
_HEIC: Final = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"mif2", b"msf1"}
_REMEDY: Final = "Save it as JPEG."


def take_apart(data: bytes) -> ImageData:
    """Take an image file apart, telling its format by content.

    Args:
        data: A whole file.

    Raises:
        Turned: If it is not one picture of an admitted format, or exceeds a limit.
    """
    return _module(data)(data)


def _module(data: bytes) -> Callable[[bytes], ImageData]:
    if data.startswith(b"\xff\xd8"):
        return jpeg.take_apart
    if data.startswith(png.SIGNATURE):
        return png.take_apart
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return webp.take_apart
    if data.startswith(b"BM"):
        return bmp.take_apart
    for kind, beginnings in _OTHERS.items():
        if data.startswith(beginnings):
            raise ContainerRejected(Rejection.UNSUPPORTED_FORMAT, kind, _REMEDY)
    if data[4:8] == b"ftyp" and data[8:12] in _HEIC:
        return _heic
    if data[4:8] == b"ftyp":
        brand = next((name for name, brands in _BRANDS.items() if data[8:12] in brands), None)
        raise ContainerRejected(Rejection.UNSUPPORTED_FORMAT, brand or "a video", _REMEDY if brand else "")
    raise ContainerRejected(Rejection.NOT_AN_IMAGE, f"begins with {data[:8].hex(' ')}")


def _heic(data: bytes) -> ImageData:
    if find_spec("pillow_heif") is None:
        remedy = f"{how_to_install('heif')} Or save it as JPEG."
        raise ContainerRejected(Rejection.UNSUPPORTED_FORMAT, "a HEIC photo", remedy)
    return heic.take_apart(data)


__all__ = ["MAX_PIXELS", "ContainerRejected", "ImageData", "take_apart"]
