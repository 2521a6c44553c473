"""Numbers of a single photo that many protections leave alone, whatever their key; no recipe is needed."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Final, Literal

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

MID_GREY: Final = 127.5
"""What photos are centred by where somebody multiplies them by signs or matrices."""
QUANTILES: Final = 256
"""Numbers at most that a sorted list is reduced to, each the mean of as many neighbours."""
CELLS: Final = (2, 4, 8)
"""Sides of the square cells whose lengths are compared."""
SIDE: Final = 32
"""Rows and columns at most of what is compared pixel by pixel."""
_AT_ONCE: Final = 256
_DEEP: Final = 4
"""Channels beyond which a picture is a feature map, whose channels are told by their length alone."""
_TINY: Final = 1e-6

Numbers = Callable[[Tensor], Tensor]
"""Images ``(n, c, h, w)`` to numbers ``(n, f)``."""
Centre = Literal["none", "mid-grey", "mean"]
"""What is taken off first: nothing, mid-grey, or the mean over the images of that side, number by number."""
CENTRES: Final[tuple[tuple[Centre, Centre], ...]] = (
    ("none", "none"),
    ("mid-grey", "mid-grey"),
    ("none", "mid-grey"),
    ("mean", "mean"),
    ("none", "mean"),
    ("mid-grey", "mean"),
)
"""What may have been taken off released images, and off photos: whoever protects decides, so all are tried."""


def invariants(released: Tensor, photos: Tensor) -> Iterator[tuple[str, Tensor, Tensor]]:
    """Every kind of numbers, for both sides.

    Args:
        released: ``(n, c, h, w)``, of any shape.
        photos: ``(m, c', h', w')``, images of 0 to 255 or feature maps.

    Yields:
        A name, numbers of the released images ``(n, f)`` and of the photos ``(m, f)``.
    """
    released, photos = released.float(), photos.float()
    for ours, theirs in CENTRES:
        yield (
            f"magnitudes, {ours} and {theirs} taken off",
            _magnitudes(released, ours),
            _magnitudes(photos, theirs),
        )
    same = released.shape[1:] == photos.shape[1:]
    for name, of in {**_OF_ANY_SHAPE, **(_OF_ONE_SHAPE if same else {})}.items():
        numbers, others = _in_parts(of, released), _in_parts(of, photos)
        if numbers.shape[1] == others.shape[1]:  # not where one side has other channels
            yield name, numbers, others


def bank(images: Tensor) -> list[Tensor]:
    """The same numbers of one side alone, without those of doubtful centres; a tensor ``(n, f)`` for each kind."""
    images = images.float()
    of_centres = [_magnitudes(images, what) for what in ("none", "mean")]
    return of_centres + [_in_parts(of, images) for of in (*_OF_ANY_SHAPE.values(), *_OF_ONE_SHAPE.values())]


def _in_parts(of: Numbers, images: Tensor) -> Tensor:
    return torch.cat([of(part) for part in torch.split(images, _AT_ONCE)])


def _magnitudes(images: Tensor, centre: Centre) -> Tensor:
    flat = images.flatten(1)
    match centre:
        case "mid-grey":
            flat = flat - MID_GREY
        case "mean":
            flat = flat - flat.mean(0)
    return torch.cat([_reduced(_in_order(part.abs())) for part in torch.split(flat, _AT_ONCE)])


def _values(images: Tensor) -> Tensor:
    return _reduced(_in_order(images.flatten(1)))


def _channels(images: Tensor) -> Tensor:
    """Sorted values of each channel; of feature maps, each channel's length."""
    if images.shape[1] > _DEEP:
        lengths: Tensor = images.flatten(2).norm(dim=2)
        return lengths
    return _reduced(_in_order(images.flatten(2)), QUANTILES // 4).flatten(1)


def _norms(images: Tensor) -> Tensor:
    """Length, mean and spread of the whole, and the sorted lengths of channels."""
    flat = images.flatten(1)
    whole = torch.stack([flat.norm(dim=1), flat.mean(1), flat.std(1)], 1)
    lengths = _in_order(images.flatten(2).norm(dim=2))
    return torch.cat([whole, _reduced(lengths)], 1)


def _spectrum(images: Tensor) -> Tensor:
    """Logarithms of the absolute Fourier coefficients: a convolution adds the same number to each photo's."""
    absolute = torch.fft.rfft2(images).abs()[:, :, :SIDE, :SIDE].flatten(1)
    floor = _TINY * absolute.amax(1, keepdim=True).clamp_min(_TINY)
    logarithms: Tensor = (absolute + floor).log()
    return logarithms


def _histogram(images: Tensor) -> Tensor:
    """Shares of 32 classes of values, between the smallest and the largest of each image."""
    flat = images.flatten(1)
    low, high = flat.amin(1, keepdim=True), flat.amax(1, keepdim=True)
    bins = ((flat - low) / (high - low).clamp_min(_TINY) * 32).long().clamp(0, 31)
    counts = torch.zeros(len(flat), 32).scatter_add_(1, bins, torch.ones_like(flat))
    return (counts / flat.shape[1]).sqrt()


def _cells_sorted(images: Tensor, side: int) -> Tensor:
    """Sorted lengths of square cells, all channels together: neither a matrix inside nor a new order changes them."""
    return _reduced(_in_order(_cells(images, side).flatten(1)))


def _cells_of_channels(images: Tensor, side: int) -> Tensor:
    """The same, of each channel's cells apart."""
    lengths = _cells(images.flatten(0, 1)[:, None], side)
    return _reduced(_in_order(lengths.reshape(len(images), -1)))


def _cells_placed(images: Tensor, side: int) -> Tensor:
    return _cells(images, side).flatten(1)


def _cells(images: Tensor, side: int) -> Tensor:
    squares = images.square().sum(1, keepdim=True)
    side = min(side, *squares.shape[2:])
    return functional.avg_pool2d(squares, side, ceil_mode=True).clamp_min(0).sqrt()


def _ranks(images: Tensor) -> Tensor:
    """Which pixel is how bright among the others of its photo: brightness and contrast do not change it."""
    return _small(images).argsort(1).argsort(1).float()


def _pixels(images: Tensor) -> Tensor:
    return _small(images)


def _in_order(numbers: Tensor) -> Tensor:
    """Sorted along the last axis; by NumPy, which is several times as fast."""
    return torch.from_numpy(np.sort(numbers.numpy(), axis=-1))


def _small(images: Tensor) -> Tensor:
    """At most ``SIDE`` rows and columns, by means of neighbours, flat ``(n, f)``."""
    if max(images.shape[2:]) > SIDE:
        images = functional.adaptive_avg_pool2d(
            images, (min(SIDE, images.shape[2]), min(SIDE, images.shape[3]))
        )
    return images.flatten(1)


def _reduced(ordered: Tensor, most: int = QUANTILES) -> Tensor:
    """Means of neighbours of a sorted list ``(..., k)``, ``(..., most)`` of them; interpolated where k is smaller."""
    if ordered.shape[-1] == most:
        return ordered
    flat = ordered.reshape(-1, 1, ordered.shape[-1])
    if ordered.shape[-1] > most:
        return functional.adaptive_avg_pool1d(flat, most).reshape(*ordered.shape[:-1], most)
    return functional.interpolate(flat, most, mode="linear", align_corners=True).reshape(
        *ordered.shape[:-1], most
    )


_OF_ANY_SHAPE: Final[dict[str, Numbers]] = {
    "values": _values,
    "values by channel": _channels,
    "lengths": _norms,
    "histogram": _histogram,
    **{f"sorted lengths of {side}x{side} cells": partial(_cells_sorted, side=side) for side in CELLS},
    **{f"the same of each channel, {side}x{side}": partial(_cells_of_channels, side=side) for side in CELLS},
}
_OF_ONE_SHAPE: Final[dict[str, Numbers]] = {
    "spectrum": _spectrum,
    **{f"lengths of {side}x{side} cells": partial(_cells_placed, side=side) for side in CELLS},
    "ranks": _ranks,
    "pixels": _pixels,
}
