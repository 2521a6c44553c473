"""What a file tells beside its pixels: its size, and what cameras and programs wrote into it."""

from collections.abc import Iterator
from hashlib import blake2b
from io import BytesIO
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

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
    try:
        with Image.open(BytesIO(data)) as image:
            exif = image.getexif()
            said: dict[object, object] = dict(exif.items())
            said |= dict(exif.get_ifd(_CAMERA).items())
            said |= {f"place {tag}": value for tag, value in exif.get_ifd(_PLACE).items()}
            texts = {
                name: image.info[name] for name in ("comment", "icc_profile", "xmp") if name in image.info
            }
            written: dict[object, object] = getattr(image, "text", None) or {}
    except Exception:  # noqa: BLE001  (whatever a mark does to a decoder, the pixels were read)
        return
    for name, value in (said | texts | written).items():
        yield f"{name}={value!r}"


def _number(text: str) -> int:
    return int.from_bytes(blake2b(text.encode("utf-8", "replace"), digest_size=7).digest())
