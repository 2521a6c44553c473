"""What is left of an image file once all but the picture is gone."""

from typing import Literal, NamedTuple

from masquerade.data.rejection import Rejection

MAX_PIXELS = 52_000_000
"""Largest width times height of a photo; phones that say 50 megapixels give up to 50.4 million."""
MAX_SIDE = 32_767
"""Largest width and height: a picture of one column costs a face finder a thousand times what a photo does."""
MAX_PARTS = 65_536
"""Most segments or chunks of one file; photos have dozens, and empty ones by the million take seconds."""


class ContainerRejected(Exception):
    """A file is turned away; ``rejection`` says why in a word, ``detail`` in a clause, ``remedy`` in a sentence."""

    def __init__(self, rejection: Rejection, detail: str, remedy: str = "") -> None:
        self.rejection = rejection
        self.detail = detail
        self.remedy = remedy
        super().__init__(rejection, detail, remedy)


Marks = tuple[tuple[bytes, bytes], ...]
"""Names and contents of what a file says of its picture's colours and resolution, as its format writes them."""


class ImageData(NamedTuple):
    """A picture's file without anything else.

    Args:
        format: The decoder it needs.
        width: Columns, as stored.
        height: Rows, as stored.
        orientation: EXIF orientation, 1 to 8.
        data: A file of that format that holds the picture alone.
        marks: What its colours and its resolution are, which no decoder here is shown.
        left_behind: What viewers would show besides, such as a gain map.
    """

    format: Literal["JPEG", "PNG", "WEBP", "BMP", "HEIC"]
    width: int
    height: int
    orientation: int
    data: bytes
    marks: Marks = ()
    left_behind: tuple[str, ...] = ()


def check_size(width: int, height: int) -> None:
    """Refuse an empty picture or one of more than ``MAX_PIXELS`` or ``MAX_SIDE``.

    Raises:
        Turned: With ``DAMAGED`` or ``TOO_MANY_PIXELS``.
    """
    if width < 1 or height < 1:
        raise ContainerRejected(Rejection.DAMAGED, f"its header says {width}x{height} pixels")
    if width * height > MAX_PIXELS:
        raise ContainerRejected(
            Rejection.TOO_MANY_PIXELS, f"{width}x{height} pixels, at most {MAX_PIXELS:,} are taken in"
        )
    if max(width, height) > MAX_SIDE:
        raise ContainerRejected(
            Rejection.TOO_MANY_PIXELS, f"{width}x{height} pixels, a side has at most {MAX_SIDE:,}"
        )


def check_parts(count: int) -> None:
    """Refuse a file of more than ``MAX_PARTS`` parts.

    Raises:
        Turned: With ``TOO_COSTLY``.
    """
    if count > MAX_PARTS:
        raise ContainerRejected(Rejection.TOO_COSTLY, f"more than {MAX_PARTS:,} parts")
