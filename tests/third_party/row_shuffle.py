"""A protection: the rows of every photo in a secret order, the same for all photos."""

from dataclasses import dataclass
from hashlib import sha256
from typing import final

import torch
from torch import Tensor

from masquerade.disguises import Disguise, Keyed
from masquerade.keys import Key
from masquerade.traits import Traits


@final
@dataclass(frozen=True)
class RowShuffle(Disguise):
    """Rows of a photo in a secret order, times a public gain.

    Args:
        gain: What all values are multiplied by.
    """

    gain: float = 1.0

    keyed_by_secret = True
    per_image = True
    restorable = True
    traits = Traits(deterministic=True, linear=True, same_map=True, keeps_inner_products=True)

    def keyed(self, key: Key, shape: tuple[int, int, int]) -> Keyed:
        """The key's order of the rows of photos of ``shape``."""
        drawn = key.stream("rows").uniform(shape[1])
        return KeyedRowShuffle(shape, torch.from_numpy(drawn).argsort(), self.gain)


@final
class KeyedRowShuffle(Keyed):
    """The secret half: an order of rows."""

    def __init__(self, shape: tuple[int, int, int], order: Tensor, gain: float) -> None:
        super().__init__(shape)
        self._order = order
        self._gain = gain

    def disguise(self, images: Tensor, nonces: list[bytes] | None) -> Tensor:
        """Images ``(n, c, h, w)`` with their rows in the secret order."""
        return images.float()[:, :, self._order] * self._gain

    def undo(self, disguised: Tensor) -> Tensor:
        """The rows back in their places."""
        return disguised[:, :, self._order.argsort()] / self._gain

    def digest(self) -> bytes:
        """SHA-256 of the order."""
        return sha256(self._order.numpy().tobytes()).digest()
