"""Grids of pictures, embedded in the page: original, disguised and recovered, best, median and worst."""

import base64
import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import torch
from PIL import Image
from torch import Tensor

RULE = "Best, median and worst of all recovered pictures by squared error; none was chosen by hand."
_PICTURES: Final = (1, 3)
"""Channels of pictures; what has others is features."""


@dataclass(frozen=True)
class PictureGrid:
    """Rows of images under common column headings.

    Args:
        title: What is shown: the protection and the attack.
        caption: The rule by which the images were taken, and what else must be said.
        rows: A label and images ``(c, h, w)`` for each row; uint8 or floating, not bound to 0..255.
        columns: A heading for each image of a row.
    """

    title: str
    caption: str
    rows: tuple[tuple[str, tuple[Tensor, ...]], ...]
    columns: tuple[str, ...] = ("best", "median", "worst")

    @classmethod
    def of(cls, title: str, images: Mapping[str, Tensor]) -> "PictureGrid":
        """A grid of what an audit kept: images ``(3, c, h, w)`` by row name, from best to worst recovered."""
        return cls(title, RULE, tuple((label, tuple(rows)) for label, rows in images.items()))


@dataclass(frozen=True)
class EmbeddedRow:
    """A row ready for the page: data URIs, and how values became grey levels."""

    label: str
    images: tuple[str, ...]
    note: str


def embed(label: str, images: tuple[Tensor, ...]) -> EmbeddedRow:
    """PNGs of one row, all on the same scale.

    Pictures of values from 0 to 255 are shown as they are. Disguised ones go beyond, and features are no pictures, of
    which the first map is shown: then the middle 98 % of what is shown of the row is stretched over black to white,
    and the note says so.
    """
    if not images:
        return EmbeddedRow(label, (), "no picture")
    stack = torch.stack([image.float() for image in images]).nan_to_num()
    low, high, note = 0.0, 255.0, ""
    maps = stack.shape[1]
    if maps not in _PICTURES:
        stack, note = stack[:, :1], f"first of {maps} maps, "
    if note or float(stack.min()) < -0.5 or float(stack.max()) > 255.5:
        low, high = _middle(stack)
        ends = (float(stack.min()), float(stack.max()), low, high)
        drawn = "values {:.0f} to {:.0f}, drawn from {:.0f} to {:.0f}".format(*ends)
        note = f"{note}{drawn}".replace("-", "\u2212")
    shown = ((stack - low) / max(high - low, 1e-6) * 255).round().clamp(0, 255).to(torch.uint8)
    return EmbeddedRow(label, tuple(_data_uri(image) for image in shown), note)


def _middle(values: Tensor) -> tuple[float, float]:
    ordered = values.flatten().sort().values
    last = len(ordered) - 1
    return float(ordered[round(0.01 * last)]), float(ordered[round(0.99 * last)])


def _data_uri(image: Tensor) -> str:
    """A PNG of a uint8 image ``(1, h, w)`` or ``(3, h, w)``."""
    pixels = image.permute(1, 2, 0).numpy() if len(image) == 3 else image[0].numpy()
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()
