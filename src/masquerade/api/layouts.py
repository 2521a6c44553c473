"""Which axis of an array is which: all readings that a shape allows, and the one that is meant."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, final

from torch import Tensor

from masquerade.errors import UsageError

COLOURS: Final = (1, 3)
"""Channels of a photo."""


@final
@dataclass(frozen=True)
class Layout:
    """A way to read the axes of an array of images, and to write an array of images in the same way.

    Args:
        name: The axes in order: N images, C channels, H rows, W columns.
    """

    name: str

    def read(self, given: Tensor) -> Tensor:
        """Images ``(n, c, h, w)`` out of an array of this layout."""
        present = [self.name.index(axis) for axis in "NCHW" if axis in self.name]
        ordered = given.permute(present)
        for place, axis in enumerate("NCHW"):
            if axis not in self.name:
                ordered = ordered.unsqueeze(place)
        return ordered

    def write(self, images: Tensor) -> Tensor:
        """An array of this layout out of images ``(n, c, h, w)``; with an axis of channels, if there are several."""
        name = self.name if "C" in self.name or images.shape[1] == 1 else self.name.replace("H", "CH")
        for place in (1, 0):
            if "NCHW"[place] not in name:
                images = images.squeeze(place)
        present = [axis for axis in "NCHW" if axis in name]
        return images.permute([present.index(axis) for axis in name])


LAYOUTS: Final = {name: Layout(name) for name in ("NCHW", "NHWC", "NHW", "CHW", "HWC", "HW")}


def layout_of(
    given: Tensor,
    said: str,
    *,
    layout: str | None = None,
    shape: tuple[int, int, int] | None = None,
    place: str = "X",
) -> Layout:
    """The layout that an array of images has.

    Args:
        given: The array.
        said: What it is, for messages.
        layout: Its name, where the caller says it.
        shape: Channels, height and width that are wanted: they settle what would be ambiguous. Without, photos of
            one or three channels are looked for.
        place: What to call the array in messages.

    Raises:
        UsageError: If no layout fits, or several do.
    """
    fitting = _fitting(given, layout, place, shape)
    if len(fitting) == 1:
        return fitting[0]
    wanted = "" if shape is None else f" of {shape[0]} channels, {shape[1]} rows, {shape[2]} columns"
    if fitting:
        names = [each.name for each in fitting]
        raise UsageError(
            f"an array that can be read in {len(names)} ways",
            value=said,
            place=place,
            remedy=f'Say which: layout="{names[0]}" or "{names[1]}".',
        )
    raise UsageError(
        f"not an array of images{wanted}",
        value=said,
        place=place,
        remedy="Resize the images, or choose the size of the protection."
        if shape is not None
        else "Give (n, c, h, w) or (n, h, w, c) with one or three channels, or grey (n, h, w).",
    )


def _fitting(
    given: Tensor, layout: str | None, place: str, shape: tuple[int, int, int] | None
) -> Sequence[Layout]:
    if layout is not None and layout not in LAYOUTS:
        raise UsageError(
            "no such layout",
            value=str(layout)[:40],
            place=place,
            remedy=f"There are: {', '.join(LAYOUTS)}; N images, C channels, H rows, W columns.",
        )
    possible = [LAYOUTS[layout]] if layout else list(LAYOUTS.values())
    possible = [each for each in possible if len(each.name) == given.ndim]
    if shape is not None:
        return [each for each in possible if tuple(each.read(given).shape[1:]) == shape]
    if layout is not None:
        return possible
    coloured = [each for each in possible if "C" in each.name and each.read(given).shape[1] in COLOURS]
    return coloured or [each for each in possible if "C" not in each.name]
