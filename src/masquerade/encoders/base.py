"""The contract of every encoder: photos in, feature maps out, the same for everybody.

An encoder is public: it protects nothing, and an attacker has it too.
"""

from abc import ABC, abstractmethod
from typing import Literal, final

import torch
from torch import Tensor

from masquerade.errors import ModelError, UsageError
from masquerade.files.tensors import digest_of as digest_of

Shape = tuple[int, int, int]
"""Channels, height and width of one image or feature map."""
Precision = Literal["float32", "bfloat16"]


class Encoder(ABC):
    """Photos to feature maps of ``d`` numbers at ``h x w`` places; a place is a token.

    Subclasses are final and write ``features``. Encoders are equal if their digests are.

    Args:
        name: What messages call it.
        image_shape: Channels, height and width of the photos it takes.
        shape: Numbers of a token, rows and columns of its feature maps.
        digest: SHA-256 over all that decides its results, 64 hexadecimal digits.
        part: Photos that are encoded at a time, the last ones filled up, so that a photo has the same bits in
            every batch; a single photo takes as long.
    """

    def __init__(self, name: str, image_shape: Shape, shape: Shape, digest: str, part: int = 16) -> None:
        self.name = name
        self.image_shape = image_shape
        self.shape = shape
        self.digest = digest
        self.part = part

    @final
    def __call__(self, images: Tensor, *, precision: Precision = "float32") -> Tensor:
        """Feature maps of photos.

        Args:
            images: ``(n, *image_shape)``, uint8 or floating, values 0 to 255, faces aligned.
            precision: bfloat16 is faster where the processor has instructions for it, and less exact.

        Returns:
            float32 ``(n, *shape)``, without gradients.

        Raises:
            UsageError: If the images have another shape.
            ModelError: If a number is not finite.
        """
        if tuple(images.shape[1:]) != self.image_shape:
            raise UsageError(
                f"photos of another shape than the encoder {self.name} takes",
                value=f"{tuple(images.shape[1:])}, expected {self.image_shape}",
                remedy="Resize the photos, or take another encoder.",
            )
        maps = torch.empty((len(images), *self.shape))
        bfloat16 = torch.autocast(images.device.type, torch.bfloat16, enabled=precision == "bfloat16")
        with torch.no_grad(), bfloat16:
            for start in range(0, len(images), self.part):
                some = images[start : start + self.part]
                maps[start : start + self.part] = self.features(_filled(some, self.part))[: len(some)]
        if not bool(maps.isfinite().all()):
            raise ModelError(
                "features are not finite numbers",
                place=f"encoder {self.name}",
                remedy="Look at the photos' numbers, or take another encoder.",
            )
        return maps

    @abstractmethod
    def features(self, images: Tensor) -> Tensor:
        """Feature maps ``(n, *shape)`` of checked photos, float32 ``(n, *image_shape)``, values 0 to 255."""

    @final
    def describe(self) -> dict[str, str]:
        """Name and digest: enough to find it again, and to notice if it is another."""
        return {"name": self.name, "digest": self.digest}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Encoder) and self.digest == other.digest

    def __hash__(self) -> int:
        return hash(self.digest)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r}, {self.digest[:12]})"


def _filled(images: Tensor, n: int) -> Tensor:
    room = torch.zeros((n, *images.shape[1:]))
    room[: len(images)] = images
    return room
