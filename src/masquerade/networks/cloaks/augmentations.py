"""What happens to a published photo before a recogniser sees it, as gradients can pass through it.

A cloak that is optimised against a recogniser's own view alone is lost as soon as somebody saves the photo
smaller; so it is optimised against these in turn.
"""

from collections.abc import Callable
from typing import Final

import torch
from torch import Tensor
from torch.nn import functional

from masquerade.networks.cloaks.soft_jpeg import soft_jpeg

Handling = Callable[[Tensor], Tensor]
"""Photos ``(n, 3, h, w)`` of 0 to 255 in, photos of the same shape out, differentiable."""


def untouched(images: Tensor) -> Tensor:
    """The photos themselves."""
    return images


def smaller(images: Tensor) -> Tensor:
    """Photos brought to 6/10 of their height and width, and back."""
    return _through(images, 0.6)


def halved(images: Tensor) -> Tensor:
    """Photos brought to half their height and width, and back."""
    return _through(images, 0.5)


def compressed(images: Tensor) -> Tensor:
    """Photos saved as JPEG of quality 75."""
    return soft_jpeg(images, 75)


def squeezed(images: Tensor) -> Tensor:
    """Photos saved as JPEG of quality 50."""
    return soft_jpeg(images, 50)


def softened(images: Tensor) -> Tensor:
    """Photos under a blur of 3 pixels, 1 2 1 in each direction; edges are repeated."""
    c = images.shape[1]
    line = torch.tensor([0.25, 0.5, 0.25]).expand(c, 1, 1, 3)
    padded = functional.pad(images, (1, 1, 1, 1), mode="replicate")
    return functional.conv2d(functional.conv2d(padded, line, groups=c), line.transpose(2, 3), groups=c)


def recut(images: Tensor) -> Tensor:
    """Photos cut 4 % closer, as another detector might."""
    h, w = images.shape[2:]
    top, left = max(1, round(0.04 * h)), max(1, round(0.04 * w))
    inner = images[:, :, top : h - top, left : w - left]
    return functional.interpolate(inner, (h, w), mode="bilinear", align_corners=False)


HANDLINGS: Final[tuple[Handling, ...]] = (
    untouched,
    smaller,
    compressed,
    recut,
    softened,
    squeezed,
    halved,
)
"""All, in the order in which they take turns."""


def handled(images: Tensor, turn: int) -> Tensor:
    """Photos after the handling whose turn it is; any whole number."""
    return HANDLINGS[turn % len(HANDLINGS)](images)


def _through(images: Tensor, share: float) -> Tensor:
    h, w = images.shape[2:]
    small = (max(1, round(h * share)), max(1, round(w * share)))
    shrunk = functional.interpolate(images, small, mode="bilinear", antialias=True)
    return functional.interpolate(shrunk, (h, w), mode="bilinear", align_corners=False)
