"""Somebody's own protection: one secret 3 x 3 convolution for all photos."""

from dataclasses import dataclass
from hashlib import sha256
from typing import final

import torch
from torch import Tensor
from torch.nn import functional

from masquerade.disguises import Disguise, Keyed
from masquerade.keys import Key

Shape = tuple[int, int, int]
WIDTH = 8
"""Channels that come out for each that goes in."""


@final
@dataclass(frozen=True)
class SecretConvolution(Disguise):
    """Mid-grey taken off, then secret filters of 3 x 3."""

    keyed_by_secret = True
    per_image = True
    restorable = False

    def keyed(self, key: Key, shape: Shape) -> Keyed:
        drawn = key.stream("filters").uniform(shape[0] * WIDTH * shape[0] * 9)
        return KeyedConvolution(shape, torch.from_numpy(drawn).float().view(-1, shape[0], 3, 3) - 0.5)


@final
class KeyedConvolution(Keyed):
    def __init__(self, shape: Shape, filters: Tensor) -> None:
        super().__init__(shape)
        self._filters = filters

    @property
    def out_shape(self) -> Shape:
        return (len(self._filters), *self.shape[1:])

    def disguise(self, images: Tensor, nonces: list[bytes] | None) -> Tensor:
        # photo by photo, so that a photo has the same bits in any batch
        seen = [functional.conv2d(image[None].float() - 127.5, self._filters, padding=1) for image in images]
        return torch.cat(seen) if seen else torch.zeros(0, *self.out_shape)

    def digest(self) -> bytes:
        return sha256(self._filters.numpy().tobytes()).digest()
