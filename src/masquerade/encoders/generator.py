"""XNN-d's feature generator: what the client holds (section 4)."""

from typing import Final, final

import torch
from torch import Tensor

from masquerade.encoders.base import Encoder, digest_of
from masquerade.encoders.noise_encoder import NoiseEncoder
from masquerade.errors import UsageError

_PART: Final = 16
"""Photos at a time, the last ones filled up: a photo has the same features in every batch."""


@final
class FeatureGenerator:
    """Photos in, obfuscated feature maps out: a public encoder, and noise trained against recognisers.

    No key is in it. It hides little from whoever can ask it for features of photos of their own.

    Args:
        encoder: The public encoder.
        noise: The noise encoder.

    Raises:
        UsageError: If the noise was trained for another encoder's feature maps.
    """

    def __init__(self, encoder: Encoder, noise: NoiseEncoder) -> None:
        expected = encoder.image_shape if noise.options.pixels else encoder.shape
        if (noise.shape, noise.seen) != (encoder.shape, expected):
            raise UsageError(
                "noise for other feature maps than the encoder's",
                value=f"{noise.shape} from {noise.seen}, expected {encoder.shape} from {expected}",
                place=f"encoder {encoder.name}",
                remedy="Name the encoder that the generator was trained with.",
            )
        self.encoder = encoder
        self.noise = noise.eval()

    @torch.no_grad()
    def __call__(self, photos: Tensor) -> Tensor:
        """Obfuscated features.

        Args:
            photos: ``(n, *encoder.image_shape)``, uint8 or floating, 0 to 255.

        Returns:
            float32 ``(n, *encoder.shape)``.

        Raises:
            UsageError: If the photos have another shape.
            ModelError: If a feature is not finite.
        """
        features = self.encoder(photos)
        for start in range(0, len(photos), _PART):
            some = slice(start, start + _PART)
            maps, seen = (_filled(images[some]) for images in (features, photos))
            features[some] = self.noise(maps, seen)[: len(features[some])]
        return features

    @property
    def digest(self) -> str:
        """SHA-256 over encoder and noise, hexadecimal: features of two generators cannot be compared."""
        return digest_of(("generator", self.encoder.digest, self.noise.digest), {})


def _filled(images: Tensor) -> Tensor:
    room = torch.zeros((_PART, *images.shape[1:]))
    room[: len(images)] = images
    return room
