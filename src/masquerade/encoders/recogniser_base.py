"""The contract of every public face recogniser: photos in, unit vectors out, differentiable in the photos.

A recogniser is public: cloaks are optimised against it, and trackers use it.
"""

from abc import ABC, abstractmethod
from typing import final

import torch
from torch import Tensor
from torch.nn import functional

from masquerade.errors import UsageError

PART = 64
"""Photos that are embedded at a time, so that memory does not grow with their number."""


class Recogniser(ABC):
    """Photos of aligned faces to unit vectors that people are told by, compared by their cosine.

    Subclasses are final and write ``vectors``. Recognisers are equal if their digests are.

    Args:
        name: What messages call it.
        side: Height and width of the photos that its network takes; others are resized.
        size: Numbers ``e`` of a vector.
        digest: SHA-256 over all that decides its results, 64 hexadecimal digits.
        differentiable: Whether gradients flow from vectors to photos.
    """

    def __init__(self, name: str, side: int, size: int, digest: str, *, differentiable: bool = True) -> None:
        self.name = name
        self.side = side
        self.size = size
        self.digest = digest
        self.differentiable = differentiable

    @final
    def embed(self, images: Tensor) -> Tensor:
        """Unit vectors of photos.

        Args:
            images: ``(n, 3, h, w)``, uint8 or floating, values 0 to 255, of any height and width; faces
                aligned (eyes, nose and corners of the mouth where the ArcFace template has them). They are
                brought to ``side`` by antialiased bilinear interpolation.

        Returns:
            float32 ``(n, e)``, each of length 1.

        Raises:
            UsageError: If these are no colour photos.
        """
        if images.ndim != 4 or images.shape[1] != 3:
            raise UsageError(
                "a recogniser takes colour photos",
                value=f"shape {tuple(images.shape)}, expected (n, 3, h, w)",
                place=f"recogniser {self.name}",
                remedy="Repeat the one channel of grey photos three times.",
            )
        if not len(images):
            return torch.zeros(0, self.size)
        parts = [self.vectors(resized(some.float(), self.side)) for some in torch.split(images, PART)]
        return functional.normalize(torch.cat(parts).float())

    @abstractmethod
    def vectors(self, images: Tensor) -> Tensor:
        """Vectors ``(n, e)`` of any length, of float32 photos ``(n, 3, side, side)``, values 0 to 255."""

    @final
    def __call__(self, images: Tensor) -> Tensor:
        """``embed``."""
        return self.embed(images)

    @final
    def describe(self) -> dict[str, str]:
        """Name and digest: enough to find it again, and to notice if it is another."""
        return {"name": self.name, "digest": self.digest}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Recogniser) and self.digest == other.digest

    def __hash__(self) -> int:
        return hash(self.digest)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r}, {self.digest[:12]})"


def resized(images: Tensor, side: int) -> Tensor:
    """Floating photos ``(n, c, h, w)`` brought to ``side`` rows and columns; untouched if they have them."""
    if tuple(images.shape[2:]) == (side, side):
        return images
    return functional.interpolate(images, (side, side), mode="bilinear", antialias=True, align_corners=False)
