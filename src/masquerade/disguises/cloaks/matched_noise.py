"""Noise that changes photos by as much as a cloak does: the control that shows what the cloak itself is worth. Ours."""

from dataclasses import dataclass
from math import prod
from typing import Final, final

import torch
from torch import Tensor

from masquerade.disguises.base import Disguise, Keyed, Shape
from masquerade.disguises.checks import require_number, require_one_of
from masquerade.disguises.cloaks.keyed import KeyedCloak
from masquerade.disguises.cloaks.optimiser import grey_ones, tied
from masquerade.keys import Key, KeyStream, rounded_digest
from masquerade.promises import THE_PERSON

_HALVINGS: Final = 32
_LARGEST_SCALE: Final = 2048.0


@final
@dataclass(frozen=True)
class MatchedNoise(Disguise):
    """Uniform noise around zero, one scale a photo, so that the mean change is as asked after clipping and rounding.

    Args:
        mean_change: Mean absolute change of a number of a photo, in grey levels, 0.1 to 60.
        fresh: Whether each photo has noise of its own; else all of a key have one pattern.

    Raises:
        UsageError: If a parameter is out of its range.
    """

    mean_change: float = 8.0
    fresh: bool = False

    keyed_by_secret = True
    promises = THE_PERSON
    is_control = True
    per_image = True
    restorable = False

    def __post_init__(self) -> None:
        require_number("mean change in grey levels", self.mean_change, 0.1, 60, "MatchedNoise")
        require_one_of("fresh", self.fresh, (True, False), "MatchedNoise")

    def keyed(self, key: Key, shape: Shape) -> Keyed:
        """Draw the pattern; photos that have noise of their own take it from the stream's fields."""
        stream = key.stream(f"matched-noise {'x'.join(map(str, shape))}")
        return KeyedMatchedNoise(shape, stream, self)


@final
class KeyedMatchedNoise(KeyedCloak):
    """Noise from a key.

    Args:
        shape: Channels, height and width of the photos.
        stream: Where the noise comes from.
        noise: The parameters.
    """

    def __init__(self, shape: Shape, stream: KeyStream, noise: MatchedNoise) -> None:
        super().__init__(shape, stream)
        self._pattern = torch.from_numpy(stream.uniform(prod(shape))).view(1, *shape) * 2 - 1
        self._noise = noise

    def cloak(self, photos: Tensor, numbers: Tensor) -> Tensor:
        """Add the pattern, or the photos' own numbers, at the scale that changes each as much as asked."""
        noise = numbers if self._noise.fresh else self._pattern.float().expand_as(photos)
        noise = tied(noise, grey_ones(photos))
        low, high = torch.zeros(len(photos), 1, 1, 1), torch.full((len(photos), 1, 1, 1), _LARGEST_SCALE)
        for _ in range(_HALVINGS):
            middle = (low + high) / 2
            change = (_noisy(photos, noise, middle) - photos).abs().mean((1, 2, 3), keepdim=True)
            small = change < self._noise.mean_change
            low, high = torch.where(small, middle, low), torch.where(small, high, middle)
        return _noisy(photos, noise, high)

    def digest(self) -> bytes:
        """SHA-256 over the pattern and the noise of one fixed nonce, rounded."""
        return rounded_digest([self._pattern.numpy(), self._stream.fields([bytes(16)], 64)])


def _noisy(photos: Tensor, noise: Tensor, scale: Tensor) -> Tensor:
    return torch.addcmul(photos, noise, scale).round_().clamp_(0, 255)
