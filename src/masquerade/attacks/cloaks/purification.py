"""Purification: what anybody does to a photo who suspects a cloak and knows nothing of it (A-11)."""

from collections.abc import Callable, Mapping
from io import BytesIO
from types import MappingProxyType
from typing import Final

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional

from masquerade.errors import AttackError

Purification = Callable[[Tensor, float], Tensor]
"""Photos ``(n, 3, h, w)`` of 0 to 255 and a strength in, purified photos out, float32, within 0 to 255."""


def jpeg(images: Tensor, quality: float) -> Tensor:
    """Photos written as JPEG files and read again; ``quality`` is 1 to 95."""
    return torch.stack([_through_jpeg(image, int(quality)) for image in images.round().clip(0, 255)])


def resize(images: Tensor, share: float) -> Tensor:
    """Photos brought to ``share`` of their height and width, and back."""
    h, w = images.shape[2:]
    small = (max(1, round(h * share)), max(1, round(w * share)))
    shrunk = functional.interpolate(images.float(), small, mode="bilinear", antialias=True)
    return functional.interpolate(shrunk, (h, w), mode="bilinear", antialias=True).clip(0, 255)


def blur(images: Tensor, sigma: float) -> Tensor:
    """Photos under a Gaussian blur of deviation ``sigma`` pixels; edges are repeated."""
    reach = max(1, round(3 * sigma))
    places = torch.arange(-reach, reach + 1, dtype=torch.float32)
    weights = torch.exp(-0.5 * (places / sigma) ** 2)
    line = (weights / weights.sum()).expand(images.shape[1], 1, 1, -1)
    padded = functional.pad(images.float(), (reach,) * 4, mode="replicate")
    across = functional.conv2d(padded, line, groups=images.shape[1])
    return functional.conv2d(across, line.transpose(2, 3), groups=images.shape[1])


def bits(images: Tensor, depth: float) -> Tensor:
    """Photos in so many bits a channel: each value becomes the middle of its step."""
    step = 2.0 ** (8 - int(depth))
    return ((images.float() / step).floor() * step + (step - 1) / 2).clip(0, 255)


def median(images: Tensor, side: float) -> Tensor:
    """Each pixel the median of the ``side x side`` around it, an odd number; edges are repeated."""
    n, c, h, w = images.shape
    reach = int(side) // 2
    padded = functional.pad(images.float(), (reach,) * 4, mode="replicate")
    around = functional.unfold(padded, 2 * reach + 1).reshape(n, c, -1, h * w)
    return around.median(2).values.reshape(n, c, h, w)


EVERY_PURIFICATION: Final[Mapping[str, tuple[Purification, float]]] = MappingProxyType(
    {"jpeg": (jpeg, 75), "resize": (resize, 0.5), "blur": (blur, 1), "bits": (bits, 4), "median": (median, 3)}
)
"""Each by name, with the strength it has unless told otherwise."""


def purified(images: Tensor, name: str, strength: float | None) -> Tensor:
    """Photos after the purification of that name.

    Raises:
        AttackError: If there is none of that name, or the strength is not positive.
    """
    if name not in EVERY_PURIFICATION or (strength is not None and strength <= 0):
        raise AttackError(
            "no such purification",
            value=f"{name}, strength {strength}",
            remedy=f"Name {', '.join(EVERY_PURIFICATION)}, with a strength above 0.",
        )
    purify, usual = EVERY_PURIFICATION[name]
    return torch.cat(
        [purify(some, usual if strength is None else strength) for some in torch.split(images, 64)]
    )


def _through_jpeg(image: Tensor, quality: int) -> Tensor:
    pixels = image.to(torch.uint8).permute(1, 2, 0).contiguous().numpy()
    file = BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=quality)
    read = np.array(Image.open(file).convert("RGB"))
    return torch.from_numpy(read).permute(2, 0, 1).float()
