"""The obfuscation of XNN-d: noise that a trained network adds to feature maps (section 4)."""

from dataclasses import dataclass
from hashlib import sha256
from typing import final

from torch import Tensor

from masquerade.disguises.base import Disguise, Keyed, Shape
from masquerade.disguises.token_rows import in_parts
from masquerade.encoders.noise_encoder import NoiseEncoder
from masquerade.errors import UsageError
from masquerade.keys import Key
from masquerade.promises import THE_PERSON
from masquerade.traits import Traits

_PART = 64
"""Feature maps at a time, always as many, so that a map has the same noise in any batch."""


@final
@dataclass(frozen=True)
class AdversarialNoise(Disguise):
    """Feature maps, normalised token by token, plus noise that was trained against a recogniser.

    No key is in it: whoever may ask the client's generator, or holds it, can make as many pairs as they like.
    It stands after ``Encode``.

    Args:
        noise: The trained noise encoder, of feature maps.

    Raises:
        UsageError: If the noise encoder looks at photos.
    """

    noise: NoiseEncoder

    keyed_by_secret = False
    promises = THE_PERSON
    per_image = True
    restorable = False
    traits = Traits(deterministic=True, linear=False, same_map=True, keeps_inner_products=False)

    def __post_init__(self) -> None:
        if self.noise.options.pixels:
            raise UsageError(
                "noise from photos cannot stand after an encoder",
                remedy="Take a noise encoder of feature maps, or a FeatureGenerator.",
            )

    def keyed(self, key: Key, shape: Shape) -> Keyed:
        """The noise encoder for maps of ``shape``; the key is not asked."""
        del key
        if shape != self.noise.shape:
            raise UsageError(
                "feature maps of another shape than the noise encoder was trained on",
                value=f"{shape}, expected {self.noise.shape}",
                remedy="Use the encoder that it was trained with.",
            )
        return LearnedNoise(shape, self.noise)


@final
class LearnedNoise(Keyed):
    """A noise encoder at work.

    Args:
        shape: Channels, rows and columns of the feature maps.
        noise: The trained noise encoder.
    """

    def __init__(self, shape: Shape, noise: NoiseEncoder) -> None:
        super().__init__(shape)
        # In a tuple, so that its weights are not taken for this module's own.
        self._noise = (noise.eval(),)

    def disguise(self, images: Tensor, nonces: list[bytes] | None) -> Tensor:
        """Normalise and add the noise."""
        del nonces
        (noise,) = self._noise
        return in_parts(images, noise, self.shape, _PART)

    def digest(self) -> bytes:
        """SHA-256 over the weights' own digest; nothing in it is secret."""
        return sha256(self._noise[0].digest.encode()).digest()
