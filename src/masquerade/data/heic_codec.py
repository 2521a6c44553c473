"""Pixels of a HEIC photo, and a HEIC photo of pixels, by pillow-heif, which is loaded when one is met.

What is decoded has been taken apart before (`containers.heic`): its size, and that it is one picture, are known.
"""

from io import BytesIO
from typing import Final

from PIL import Image

QUALITY: Final = 90
"""Of 100; a HEIC file does not say the quality that it was written at."""
TILE: Final = 512
"""Pixels of a tile's side, as phones write them: their decoders take no picture of 48 megapixels in one piece."""
_CHROMA: Final = {0: 420, 1: 420, 2: 422, 3: 444}
_ENCODER: Final = {"preset": "ultrafast", "x265:pools": "none", "x265:frame-threads": "1"}
"""Slower settings make files of the same quality a quarter smaller, and take three times as long; without threads of
its own, since each worker encodes a photo."""


def heic_image(file: BytesIO) -> Image.Image:
    """The one picture of a file, as stored.

    Raises:
        ValueError: If it cannot be decoded.
    """
    from pillow_heif import open_heif

    try:
        return open_heif(file, convert_hdr_to_8bit=True).to_pillow()
    except RuntimeError as error:
        raise ValueError(str(error)) from error


def write_heic(image: Image.Image, file: BytesIO, *, chroma: int) -> None:
    """Write a picture at ``QUALITY``.

    Args:
        image: Grey, or colours.
        file: Where to.
        chroma: 0 grey, 1 colours halved both ways, 2 halved across, 3 whole.
    """
    from pillow_heif import from_pillow

    from_pillow(image).save(
        file, quality=QUALITY, chroma=_CHROMA[chroma], tile_size=TILE, enc_params=_ENCODER
    )
