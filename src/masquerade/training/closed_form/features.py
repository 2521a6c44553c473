"""Photos to what a closed form learns from: a public network's own vector, or an encoder's feature maps."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, final

import torch
from torch import Tensor

from masquerade.encoders.base import Encoder
from masquerade.encoders.recogniser_base import Recogniser, resized
from masquerade.errors import UsageError

_PART = 64
FeatureKind = Literal["vector", "maps"]
"""The vector that a recogniser gives, or the feature maps of an encoder."""


@final
@dataclass(frozen=True, eq=False)
class PublicFeatures:
    """Numbers that a public network gives of photos.

    Args:
        kind: Which.
        name: The network's name.
        digest: Its digest.
        side: Height and width of the photos it takes.
        size: Numbers ``d`` of a photo.
        of: Colour photos ``(n, 3, h, w)``, values 0 to 255, to float32 ``(n, d)``.
    """

    kind: FeatureKind
    name: str
    digest: str
    side: int
    size: int
    of: Callable[[Tensor], Tensor]

    @classmethod
    def vector(cls, recogniser: Recogniser) -> "PublicFeatures":
        """Unit vectors of a public recogniser."""
        name, digest = recogniser.name, recogniser.digest
        return cls("vector", name, digest, recogniser.side, recogniser.size, recogniser.embed)

    @classmethod
    def maps(cls, encoder: Encoder) -> "PublicFeatures":
        """Feature maps of a public encoder.

        Raises:
            UsageError: If it takes grey photos.
        """
        if encoder.image_shape[0] != 3:
            raise UsageError(
                "the encoder takes grey photos",
                place=f"encoder {encoder.name}",
                remedy="Take one of colour photos.",
            )
        side, size = encoder.image_shape[1], size_of(encoder)
        return cls(
            "maps", encoder.name, encoder.digest, side, size, lambda images: features_of(encoder, images)
        )


def features_of(encoder: Encoder, images: Tensor) -> Tensor:
    """Feature maps of photos of any size, flat.

    Args:
        encoder: A public encoder.
        images: Aligned faces, ``(n, 1 or 3, h, w)``, values 0 to 255, brought to the encoder's size; one channel is
            repeated where it takes three.

    Returns:
        float32 ``(n, d)``.

    Raises:
        UsageError: If the photos cannot be shown to the encoder.
        ModelError: If a feature is not finite.
    """
    if not len(images):
        return torch.empty(0, size_of(encoder))
    channels, side, _ = encoder.image_shape
    parts = torch.split(images, _PART)
    return torch.cat(
        [encoder(resized(in_channels(part, channels).float(), side)).flatten(1) for part in parts]
    )


def size_of(encoder: Encoder) -> int:
    """Numbers of an encoder's feature maps."""
    width, rows, columns = encoder.shape
    return width * rows * columns


def in_channels(images: Tensor, channels: int) -> Tensor:
    """Photos ``(n, c, h, w)``; one channel is repeated to as many as are wanted."""
    return images.expand(-1, channels, -1, -1) if images.shape[1] == 1 else images
