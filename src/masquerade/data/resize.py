"""How a picture of any size becomes one of the size asked for."""

from PIL import Image

from masquerade.errors import UsageError

REDUCING_GAP = 3.0
"""A first, coarse reduction stops at this multiple of the final size, so that it cannot be told by eye."""


def crop_box(width: int, height: int, to_width: int, to_height: int) -> tuple[float, float, float, float]:
    """The largest centred part of a picture with the aspect ratio of ``to_width`` by ``to_height``."""
    part_width = min(float(width), height * to_width / to_height)
    part_height = min(float(height), width * to_height / to_width)
    left, top = (width - part_width) / 2, (height - part_height) / 2
    return left, top, left + part_width, top + part_height


def fit(image: Image.Image, height: int, width: int) -> Image.Image:
    """Crop about the centre to the aspect ratio asked for, then resize.

    Cropping keeps faces in proportion where a plain resize would stretch them. The filter is Lanczos with
    antialiasing, on 8-bit values as they are stored. A picture of the right size comes back as it is.
    """
    if image.size == (width, height):
        return image
    box = crop_box(*image.size, width, height)
    return image.resize((width, height), Image.Resampling.LANCZOS, box=box, reducing_gap=REDUCING_GAP)


def check_target(height: int, width: int, mode: str) -> None:
    """Refuse a target that no picture can have.

    Raises:
        UsageError: If a side is below 1 or above 4,096 pixels, or the mode is neither "RGB" nor "L".
    """
    if not (1 <= height <= 4096 and 1 <= width <= 4096):
        raise UsageError(
            "no such picture size",
            value=f"{height}x{width}",
            remedy="Give height and width from 1 to 4096 pixels.",
        )
    if mode not in ("RGB", "L"):
        raise UsageError("no such colour mode", value=mode, remedy='Use "RGB" for colour or "L" for grey.')
