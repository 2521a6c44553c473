"""Photos as a caller holds them: arrays, tensors or PIL images in, pixels of 0 to 255 out, and the way back."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, final

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from masquerade.api.layouts import COLOURS, Layout, layout_of
from masquerade.errors import UsageError

Scale = Literal["0-255", "0-1"]
"""Of floating photos: what black and white are."""
_WHITE: Final[dict[str, float]] = {"0-255": 255.0, "0-1": 1.0}
_DARK: Final = 8.0
"""A photo of 0 to 255 whose brightest pixel is below this shows nothing: it may as well be one of 0 to 1."""
_SLACK: Final = 1e-3
"""Grey levels by which rounding may have moved a value: 17 / 255 * 255 is no whole number in single precision."""
_MODES: Final = {"L": 1, "RGB": 3}


Wrap = Callable[[Tensor, bool], Any]
"""Makes a container of an array, which is told to hold photos or not."""


@final
@dataclass(frozen=True, eq=False)
class Taken:
    """Images out of a caller's container.

    Args:
        images: ``(n, c, h, w)`` in main memory: photos uint8, or float32 of 0 to 255; released images as they are.
        layout: The axes of the caller's array.
        wrap: Makes the caller's container of such an array; of PIL images only where told that it holds photos.
    """

    images: Tensor
    layout: Layout
    wrap: Wrap

    def back(self, images: Tensor, *, photos: bool = False) -> Any:  # noqa: ANN401 - the caller's container
        """Images ``(n, c, h, w)`` in the same container.

        Args:
            images: What was made of ``images``.
            photos: Whether they are photos: PIL images are then made of them, clipped and rounded. PIL cannot hold
                other values: they come as float32 arrays ``(h, w, c)``, or ``(h, w)``, one for each image.
        """
        return self.wrap(self.layout.write(images), photos)


def photos(
    given: Any,  # noqa: ANN401 - containers of several libraries
    *,
    scale: Scale | None = None,
    layout: str | None = None,
    shape: tuple[int, int, int] | None = None,
    place: str = "X",
) -> Taken:
    """Photos as pixels of 0 to 255.

    Args:
        given: A numpy array or a tensor, ``(n, c, h, w)``, ``(n, h, w, c)``, grey ``(n, h, w)``, or one photo without
            ``n``; a PIL image, or a sequence of them, "L" or "RGB", of one size.
        scale: What black and white are in floating photos: "0-255" or "0-1". It may be left out for whole numbers,
            and where values say it.
        layout: The axes, such as "NHWC", where a shape can be read in two ways.
        shape: Channels, height and width that they must have.
        place: What to call them in messages.

    Raises:
        UsageError: If they are no photos, of another shape, or of a scale that is not stated; the message names shape,
            type and range.
    """
    array, wrap = _opened(given, place)
    said = described(array)
    levels = _levels(array, scale, said, place)
    found = layout_of(array, said, layout=layout, shape=shape, place=place)
    return Taken(found.read(levels).contiguous(), found, wrap)


def values(
    given: Any,  # noqa: ANN401 - as above
    shape: tuple[int, int, int],
    *,
    layout: str | None = None,
    place: str = "Z",
) -> Taken:
    """Released images, which have any range, as float32 of a known shape.

    Args:
        given: An array or a tensor; a sequence of arrays, one for each image; PIL images.
        shape: Channels, height and width that they must have.
        layout: The axes, where a shape can be read in two ways.
        place: What to call them in messages.

    Raises:
        UsageError: If they have another shape, or hold something else than finite numbers.
    """
    array, wrap = _opened(given, place)
    said = described(array)
    if not _is_numbers(array) or not bool(array.float().isfinite().all()):
        raise _refused("not an array of finite numbers", said, place, "Look for NaN.")
    found = layout_of(array, said, layout=layout, shape=shape, place=place)
    return Taken(found.read(array.float()).contiguous(), found, wrap)


def described(given: Tensor) -> str:
    """Shape, type and range of an array, for a message."""
    said = f"shape {tuple(given.shape)}, {str(given.dtype).removeprefix('torch.')}"
    if not given.numel() or given.is_complex():
        return said
    return f"{said}, {float(given.min()):g} to {float(given.max()):g}"


def _opened(given: Any, place: str) -> tuple[Tensor, Wrap]:  # noqa: ANN401 - as above
    """A tensor in main memory, and what makes the same container of another one."""
    if isinstance(given, Tensor):
        return given.detach().cpu(), lambda made, _: made.contiguous().to(given.device)
    if isinstance(given, np.ndarray) and given.dtype.kind in "biuf":
        return _of_array(given), _array
    if isinstance(given, Image.Image):
        return _of_picture(given, place), _picture
    if isinstance(given, Sequence) and not isinstance(given, (str, bytes)) and len(given):
        return _of_sequence(given, place)
    what = (
        f"{type(given).__name__} of {given.dtype}" if isinstance(given, np.ndarray) else type(given).__name__
    )
    if isinstance(given, Sequence) and not len(given):
        what = f"an empty {what}"
    raise _refused("not photos", what, place, "Give an array, a tensor, or PIL images.")


def _of_array(given: "np.ndarray[Any, Any]") -> Tensor:
    # torch knows no other byte order and few whole numbers, and warns of arrays that cannot be written to
    plain = given if given.dtype.kind in "bf" or given.dtype == np.uint8 else given.astype(np.int64)
    return torch.from_numpy(np.require(plain, plain.dtype.newbyteorder("="), ["C", "W"]))


def _of_sequence(given: Sequence[Any], place: str) -> tuple[Tensor, Wrap]:
    wrap: Wrap = _array
    if all(isinstance(each, Image.Image) for each in given):
        parts, wrap = [_of_picture(each, place) for each in given], _picture
    elif all(isinstance(each, np.ndarray) and each.dtype.kind in "biuf" for each in given):
        parts = [_of_array(each) for each in given]
    elif all(isinstance(each, Tensor) for each in given):
        parts, wrap = [each.detach().cpu() for each in given], lambda made, _: made
    else:
        kinds = sorted({type(each).__name__ for each in given})
        raise _refused("not a sequence of photos", ", ".join(kinds)[:100], place, "Give images of one kind.")
    if len({(part.shape, part.dtype) for part in parts}) > 1:
        other = next(part for part in parts if (part.shape, part.dtype) != (parts[0].shape, parts[0].dtype))
        raise _refused(
            "photos that are not of one size and kind",
            f"{described(parts[0])}; {described(other)}",
            place,
            "Crop and resize them to one size, in one mode.",
        )
    kind = tuple if isinstance(given, tuple) else list
    return torch.stack(parts), lambda made, photos: kind(wrap(each, photos) for each in made)


def _of_picture(given: Image.Image, place: str) -> Tensor:
    if given.mode not in _MODES:
        raise _refused(
            "a PIL image whose colours are not taken",
            f"{given.mode}, {given.width}x{given.height}",
            place,
            'Give photo.convert("RGB"), or "L" for grey.',
        )
    return torch.from_numpy(np.array(given))


def _array(made: Tensor, _: bool) -> "np.ndarray[Any, Any]":
    return made.contiguous().numpy()


def _picture(made: Tensor, photos: bool) -> Any:  # noqa: ANN401 - a PIL image, or an array where PIL cannot hold it
    if not photos or (made.ndim == 3 and made.shape[2] not in COLOURS):
        return _array(made, photos)
    pixels = made.round().clamp(0, 255).to(torch.uint8).contiguous().numpy()
    return Image.fromarray(pixels[..., 0] if pixels.ndim == 3 and pixels.shape[2] == 1 else pixels)


def _is_numbers(given: Tensor) -> bool:
    return given.dtype != torch.bool and not given.is_complex()


def _levels(given: Tensor, scale: Scale | None, said: str, place: str) -> Tensor:
    """The array in grey levels: uint8 where all are whole, else float32."""
    if scale is not None and scale not in _WHITE:
        raise _refused("no such scale", str(scale)[:40], "scale", 'Say "0-255" or "0-1".')
    if not _is_numbers(given) or not given.numel():
        raise _refused("not an array of photos", said, place, "Give whole numbers of 0 to 255, or floats.")
    if not given.is_floating_point():
        return _whole_levels(given, scale, said, place)
    if not bool(given.isfinite().all()):
        raise _refused("photos that hold no finite number", said, place, "Look for NaN.")
    white = _WHITE[scale or _only_scale(given, said, place)]
    levels = given.float() * (255.0 / white)
    if float(levels.min()) < -_SLACK or float(levels.max()) > 255 + _SLACK:
        raise _refused(
            f"photos outside their scale of 0 to {white:g}",
            said,
            place,
            f"Clip them, or undo their normalisation: X.clip(0, {white:g}).",
        )
    whole = levels.round()
    levels = torch.where((levels - whole).abs() <= _SLACK, whole, levels)
    return levels.to(torch.uint8) if bool((levels == whole).all()) else levels


def _whole_levels(given: Tensor, scale: Scale | None, said: str, place: str) -> Tensor:
    if scale == "0-1" or int(given.min()) < 0 or int(given.max()) > 255:
        raise _refused(
            "whole numbers that are no grey levels",
            said if scale is None else f"{said}, scale {scale}",
            place,
            "Give grey levels of 0 to 255; leave scale out, which is for floats.",
        )
    return given.to(torch.uint8)


def _only_scale(given: Tensor, said: str, place: str) -> Scale:
    """The scale that values allow alone.

    Raises:
        UsageError: If they could be of either.
    """
    if float(given.min()) >= -_SLACK and float(given.max()) <= _DARK:
        raise _refused(
            "floating photos whose scale is not stated, and that could be of either",
            said,
            place,
            'Say scale="0-1" or scale="0-255".',
        )
    return "0-255"


def _refused(problem: str, said: str, place: str, remedy: str) -> UsageError:
    return UsageError(problem, value=said, place=place, remedy=remedy)
