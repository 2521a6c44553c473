"""Which way up: the eight flips and turns of an image, and the one that fits all originals best."""

from collections.abc import Iterator

import torch
from torch import Tensor

from masquerade.guesses import Reconstruction
from masquerade.metrics.base import Truth
from masquerade.metrics.correlation import unit


def symmetries(images: Tensor) -> Iterator[Tensor]:
    """Flips and turns of images ``(n, c, h, w)``: eight if square, else the four that keep the shape."""
    flipped = (images, images.flip(3), images.flip(2), images.flip(2, 3))
    yield from flipped
    if images.shape[2] == images.shape[3]:
        yield from (version.transpose(2, 3) for version in flipped)


def aligned(guess: Reconstruction, truth: Truth) -> Tensor:
    """The guessed images, turned the one way that correlates best with the originals over the whole set.

    Unless the guess is up to symmetry, the images as they are.
    """
    if not guess.up_to_symmetry:
        return guess.images
    originals = unit(truth.originals)
    return max(symmetries(guess.images), key=lambda version: float((unit(version) * originals).sum()))


def matched(guess: Reconstruction, truth: Truth) -> Tensor:
    """As ``aligned``, clipped to 0..255."""
    return torch.clip(aligned(guess, truth), 0, 255)
