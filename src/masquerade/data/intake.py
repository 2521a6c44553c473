"""One photo in: from a file to pixels, and nothing else of it.

Decisions:

* JPEG, PNG, WebP and BMP, and HEIC where pillow-heif is installed; told by content, an extension means nothing.
* At most 60 MB and 52 megapixels, one picture, all checked on the header before anything is decoded.
* EXIF orientation is applied. No other metadata is read, colour profiles included: values are taken as sRGB.
* Transparent parts become white, as on a page. Of 10 to 16 bits the upper 8 count.
* The picture is cropped about its centre to the target's aspect ratio and resized (`fitting.fit`).
* A JPEG at least four times as large as the target is decoded at a half, quarter or eighth of its size, never
  below twice the target.

A decoder does not notice most damage to a JPEG: whoever must know that a photo is unchanged compares the
SHA-256 that ``read`` gives.
"""

import os
import stat
from collections.abc import Callable
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.BmpImagePlugin import BmpImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.WebPImagePlugin import WebPImageFile

from masquerade.data.containers import ContainerRejected, ImageData, take_apart
from masquerade.data.decode_errors import blaming, rejected
from masquerade.data.heic_codec import heic_image
from masquerade.data.rejection import Rejection
from masquerade.data.resize import check_target, fit
from masquerade.files.handles import BINARY, NONBLOCK

MAX_BYTES = 60_000_000
"""Largest file; 50 megapixels take up to 30 MB as JPEG, and a motion photo has a video behind it."""
Mode = Literal["RGB", "L"]
Reader = Callable[[Path], NDArray[np.uint8]]
"""Gives the pixels of a photo file, uint8 ``(c, height, width)``, or raises ``PhotoRejected``."""

DECODERS: dict[str, Callable[[BytesIO], Image.Image]] = {
    "JPEG": JpegImageFile,
    "PNG": PngImageFile,
    "WEBP": WebPImageFile,
    "BMP": BmpImageFile,
    "HEIC": heic_image,
}
"""The decoder of each format, which is chosen by what the file's header says."""
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def decode(path: Path, height: int, width: int, mode: Mode) -> NDArray[np.uint8]:
    """Pixels of one photo file.

    Args:
        path: The photo.
        height: Rows wanted.
        width: Columns wanted.
        mode: "RGB", or "L" for grey (ITU-R 601 luma).

    Returns:
        uint8 ``(c, height, width)``, with 3 or 1 channels, contiguous.

    Raises:
        PhotoRejected: If the photo is not taken in; ``rejection`` is a ``Rejection``.
        UsageError: If no picture can have that size or mode.
    """
    return decode_bytes(_bytes(path), height, width, mode, place=path)


def read(path: Path) -> tuple[bytes, str]:
    """Read a photo file once, so that its hash and its pixels are of the same bytes.

    Returns:
        The bytes for ``decode_bytes``, and their SHA-256 in hexadecimal.

    Raises:
        PhotoRejected: If it is no regular file, cannot be read, is empty, or larger than ``MAX_BYTES``.
    """
    data = _bytes(path)
    return data, sha256(data).hexdigest()


def decode_bytes(data: bytes, height: int, width: int, mode: Mode, *, place: Path | str) -> NDArray[np.uint8]:
    """Pixels of a photo that has been read; see ``decode``.

    Args:
        data: A whole file.
        height: Rows wanted.
        width: Columns wanted.
        mode: "RGB" or "L".
        place: What to call the photo in a rejection.
    """
    check_target(height, width, mode)
    _check_length(len(data), place)
    with blaming(place):
        return _channels_first(_decode(take_apart(data), height, width, mode))


def whole_bytes(data: bytes, mode: Mode, *, place: Path | str) -> NDArray[np.uint8]:
    """All pixels of a photo that has been read, upright.

    Args:
        data: A whole file.
        mode: "RGB" or "L".
        place: What to call the photo in a rejection.

    Returns:
        uint8 ``(h, w, c)``, with 3 or 1 channels, contiguous.

    Raises:
        PhotoRejected: If the photo is not taken in.
    """
    _check_length(len(data), place)
    with blaming(place):
        pixels = np.asarray(_upright(take_apart(data), mode))
        return np.ascontiguousarray(pixels.reshape(*pixels.shape[:2], -1))


def _bytes(path: Path) -> bytes:
    try:
        # Without blocking, since opening a pipe that nobody writes to would wait for ever.
        descriptor = os.open(path, os.O_RDONLY | NONBLOCK | BINARY)
        try:
            data = _content(descriptor, path)
        finally:
            os.close(descriptor)
    except (OSError, ValueError) as error:
        detail = getattr(error, "strerror", None) or "no such name"
        raise rejected(Rejection.UNREADABLE, path, detail) from error
    _check_length(len(data), path)
    return data


def _content(descriptor: int, path: Path) -> bytes:
    about = os.fstat(descriptor)
    if not stat.S_ISREG(about.st_mode):
        raise rejected(Rejection.NOT_A_FILE, path)
    _check_length(about.st_size, path)
    with open(descriptor, "rb", closefd=False) as file:
        return file.read(about.st_size)


def _check_length(length: int, place: Path | str) -> None:
    if length == 0:
        raise rejected(Rejection.EMPTY_FILE, place)
    if length > MAX_BYTES:
        raise rejected(Rejection.TOO_LARGE_FILE, place, f"{length:,} bytes, at most {MAX_BYTES:,}")


def _decode(picture: ImageData, height: int, width: int, mode: Mode) -> Image.Image:
    on_its_side = picture.orientation >= 5
    rows, columns = (width, height) if on_its_side else (height, width)
    with _opened(picture) as image:
        if picture.format == "JPEG":
            _decode_smaller(image, rows, columns, mode)
        image.load()
        return _turned(_flat(fit(_resizable(image), rows, columns), mode), picture)


def _upright(picture: ImageData, mode: Mode) -> Image.Image:
    with _opened(picture) as image:
        image.load()
        return _turned(_flat(_resizable(image), mode), picture)


def _opened(picture: ImageData) -> Image.Image:
    image = DECODERS[picture.format](BytesIO(picture.data))
    if image.size != (picture.width, picture.height):
        image.close()
        raise ContainerRejected(Rejection.DAMAGED, "its decoder sees another size than its header says")
    return image


def _turned(image: Image.Image, picture: ImageData) -> Image.Image:
    return image.transpose(_TURNS[picture.orientation]) if picture.orientation > 1 else image


def _decode_smaller(image: Image.Image, rows: int, columns: int, mode: Mode) -> None:
    """Let the JPEG decoder skip detail and, for grey, colour, that the resized picture would not show."""
    if mode == "L" or (image.width >= 4 * columns and image.height >= 4 * rows):
        image.draft(mode, (2 * columns, 2 * rows))


def _resizable(image: Image.Image) -> Image.Image:
    """The picture in a mode whose values can be averaged: no palette, one bit, or 16 bits."""
    if image.mode.startswith("I"):
        return Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    if "transparency" in image.info:
        return image.convert("RGBA")
    if image.mode in ("1", "P"):
        return image.convert("L" if image.mode == "1" else "RGB")
    return image


def _flat(image: Image.Image, mode: Mode) -> Image.Image:
    """The picture on white, in the mode asked for."""
    if image.mode in ("RGBA", "LA"):
        page = Image.new("RGB", image.size, "white")
        page.paste(image.convert("RGBA"), mask=image.getchannel("A"))
        image = page
    return image if image.mode == mode else image.convert(mode)


def _channels_first(image: Image.Image) -> NDArray[np.uint8]:
    pixels: NDArray[np.uint8] = np.asarray(image)
    if pixels.ndim == 2:
        return pixels[None].copy()
    return np.ascontiguousarray(pixels.transpose(2, 0, 1))
