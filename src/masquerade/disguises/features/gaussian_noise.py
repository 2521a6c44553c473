"""Normal noise on every number: what crafted features are compared with at the same utility. A baseline of ours."""

from dataclasses import dataclass
from math import prod
from typing import Final, final

import torch
from torch import Tensor

from masquerade.disguises.base import Disguise, Keyed, Shape
from masquerade.disguises.checks import require_number
from masquerade.keys import Key, KeyStream, rounded_digest
from masquerade.promises import NOTHING
from masquerade.traits import Traits

_PART: Final = 64
"""Images whose noise is in memory at a time."""
_HALF_STEP: Final = 2.0**-25
"""Fields have 24 bits; their middles have finite quantiles."""


@final
@dataclass(frozen=True)
class GaussianNoise(Disguise):
    """Independent normal noise; the same image always has the same, so that no two answers can be averaged.

    Args:
        deviation: Its standard deviation, above 0, in the units of what it is added to.

    Raises:
        UsageError: If ``deviation`` is no such number.
    """

    deviation: float

    keyed_by_secret = True
    promises = NOTHING
    per_image = True
    restorable = False
    traits = Traits(deterministic=True, linear=True, same_map=True, keeps_inner_products=True)

    def __post_init__(self) -> None:
        require_number("standard deviation of noise", self.deviation, 1e-6, 1e6, "GaussianNoise")

    @property
    def noise_level(self) -> float:
        """Its standard deviation."""
        return self.deviation

    def keyed(self, key: Key, shape: Shape) -> Keyed:
        """Take the key's field of noise."""
        stream = key.stream(f"normal noise on {'x'.join(map(str, shape))}")
        return KeyedGaussianNoise(shape, stream, self.deviation)


@final
class KeyedGaussianNoise(Keyed):
    """Noise from a key.

    Args:
        shape: Channels, height and width of the images.
        stream: Where the noise comes from.
        deviation: Its standard deviation.
    """

    def __init__(self, shape: Shape, stream: KeyStream, deviation: float) -> None:
        super().__init__(shape)
        self._stream = stream
        self._deviation = deviation

    @property
    def needs_nonces(self) -> bool:
        """Noise differs from image to image."""
        return True

    def disguise(self, images: Tensor, nonces: list[bytes] | None) -> Tensor:
        """Add the noise."""
        drawn = nonces or []
        noisy = torch.empty(images.shape)
        for start in range(0, len(images), _PART):
            some = slice(start, start + _PART)
            torch.add(images[some], self._normal(drawn[some]), alpha=self._deviation, out=noisy[some])
        return noisy

    def _normal(self, nonces: list[bytes]) -> Tensor:
        uniform = torch.from_numpy(self._stream.fields(nonces, prod(self.shape))).double()
        normal: Tensor = torch.special.ndtri(uniform + _HALF_STEP)
        return normal.float().view(-1, *self.shape)

    def digest(self) -> bytes:
        """SHA-256 over the noise of one fixed nonce, rounded."""
        return rounded_digest([self._stream.fields([bytes(16)], 64)])
