"""Additive noise (Sharma and Chen, Disguised-Nets, section 3.3)."""

from dataclasses import dataclass
from math import isfinite, prod
from typing import Final, final

import torch
from torch import Tensor

from masquerade.disguises.base import Disguise, Keyed, Shape
from masquerade.errors import UsageError
from masquerade.keys import Key, KeyStream, rounded_digest
from masquerade.promises import NOTHING
from masquerade.traits import Traits

_PART: Final = 64
"""Images whose noise is in memory at a time."""


@final
@dataclass(frozen=True)
class Noise(Disguise):
    """Noise from U[0, level] on every number, fresh for each image.

    The paper adds it before the matrices, ``(X + noise) R``; its published code adds it last. The noise
    comes from the key and the image's content, so the same photo always has the same noise, which cannot be
    averaged away.

    Args:
        level: Largest noise, in the units of what it is added to: 0 to 255 for pixels (the paper's N), those of the
            encoder for feature maps. 0 adds none.

    Raises:
        UsageError: If ``level`` is negative or not finite.
    """

    level: float

    per_image = True
    promises = NOTHING
    traits = Traits(deterministic=True, linear=True, same_map=True, keeps_inner_products=True)

    def __post_init__(self) -> None:
        if isinstance(self.level, bool) or not isinstance(self.level, (int, float)) or not self._is_sane():
            raise UsageError("not a noise level", value=self.level, remedy="Give a number, 0 or more.")

    @property
    def noise_level(self) -> float:
        """Its level."""
        return self.level

    @property
    def keyed_by_secret(self) -> bool:
        """Without noise there is nothing secret."""
        return self.level > 0

    @property
    def restorable(self) -> bool:
        """Noise is gone for good: it depends on the image that it hides."""
        return self.level == 0

    def keyed(self, key: Key, shape: Shape) -> Keyed:
        """Take the key's field of noise."""
        return KeyedNoise(shape, key.stream(f"noise on {'x'.join(map(str, shape))}"), self.level)

    def _is_sane(self) -> bool:
        return isfinite(self.level) and self.level >= 0


@final
class KeyedNoise(Keyed):
    """Noise from a key.

    Args:
        shape: Channels, height and width of the images.
        stream: Where the noise comes from.
        level: Largest noise.
    """

    def __init__(self, shape: Shape, stream: KeyStream, level: float) -> None:
        super().__init__(shape)
        self._stream = stream
        self._level = level

    @property
    def needs_nonces(self) -> bool:
        """Noise differs from image to image."""
        return self._level > 0

    def disguise(self, images: Tensor, nonces: list[bytes] | None) -> Tensor:
        """Add the noise."""
        if nonces is None:
            return images.to(torch.float32, copy=True)
        noisy = torch.empty(images.shape)
        for start in range(0, len(images), _PART):
            some = slice(start, start + _PART)
            field = torch.from_numpy(self._stream.fields(nonces[some], prod(self.shape)))
            torch.add(images[some], field.view_as(images[some]), alpha=self._level, out=noisy[some])
        return noisy

    def undo(self, disguised: Tensor) -> Tensor:
        """Give back images that no noise was added to."""
        return super().undo(disguised) if self._level else disguised.clone()

    def digest(self) -> bytes:
        """SHA-256 over the noise of one fixed nonce, rounded."""
        return rounded_digest([self._stream.fields([bytes(16)], 64)])
