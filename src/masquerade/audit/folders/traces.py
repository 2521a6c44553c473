"""What a file tells beside its pixels: its size, and what cameras and programs wrote into it."""

from collections.abc import Iterator
from hashlib import blake2b
from io import BytesIO
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from masquerade.data.containers import heic, take_apart
from masquerade.data.containers.profile import colour_profile

_CAMERA: Final = 0x8769
_PLACE: Final = 0x8825
"""Parts of Exif."""
Traces = tuple[NDArray[np.float32], frozenset[int]]
"""Logarithm of bytes, width and height; and marks as numbers."""


def traces_in(data: bytes, height: int, width: int) -> Traces:
    """Of a picture's file that was taken in.

    Args:
        data: The file.
        height: Its rows.
        width: Its columns.
    """
    sizes = np.log(np.array([len(data), width, height], np.float32))
    return sizes, frozenset(map(_number, _marks(data)))


def _marks(data: bytes) -> Iterator[str]:
    """What is written in it, a text each; decoders that fail say nothing."""
    if data[4:8] == b"ftyp":
        yield from _marks_of_heic(data)
        return
    try:
        with Image.open(BytesIO(data)) as image:
            said = _said(image.getexif())
            texts = {
                name: image.info[name] for name in ("comment", "icc_profile", "xmp") if name in image.info
            }
            written: dict[object, object] = getattr(image, "text", None) or {}
    except Exception:  # noqa: BLE001  (whatever a mark does to a decoder, the pixels were read)
        return
    for name, value in (said | texts | written).items():
        yield f"{name}={value!r}"


def _marks_of_heic(data: bytes) -> Iterator[str]:
    """As ``_marks``, of a file that Pillow does not read."""
    try:
        for kind, body in heic.written_beside(data):
            exif = Image.Exif()
            if kind == b"Exif":
                exif.load(body)
            for name, value in (_said(exif) if kind == b"Exif" else {"xmp": body}).items():
                yield f"{name}={value!r}"
        profile = colour_profile(take_apart(data))
    except Exception:  # noqa: BLE001  (as above)
        return
    if profile:
        yield f"icc_profile={profile!r}"


def _said(exif: Image.Exif) -> dict[object, object]:
    said: dict[object, object] = dict(exif.items())
    said |= dict(exif.get_ifd(_CAMERA).items())
    return said | {f"place {tag}": value for tag, value in exif.get_ifd(_PLACE).items()}


def _number(text: str) -> int:
    return int.from_bytes(blake2b(text.encode("utf-8", "replace"), digest_size=7).digest())
