"""Somebody's own protection: places and signs of pixels that are drawn anew for each photo, from its content."""

from dataclasses import dataclass
from hashlib import sha256
from math import prod
from typing import final

import torch
from torch import Tensor

from masquerade.disguises import Disguise, Keyed
from masquerade.keys import Key, KeyStream

Shape = tuple[int, int, int]


@final
@dataclass(frozen=True)
class FreshSigns(Disguise):
    """As ``SecretSigns``, under a key of each photo's own."""

    keyed_by_secret = True
    per_image = True
    restorable = False

    def keyed(self, key: Key, shape: Shape) -> Keyed:
        return KeyedFreshSigns(shape, key.stream("signs and places of each"))


@final
class KeyedFreshSigns(Keyed):
    def __init__(self, shape: Shape, stream: KeyStream) -> None:
        super().__init__(shape)
        self._stream = stream

    @property
    def needs_nonces(self) -> bool:
        return True

    def disguise(self, images: Tensor, nonces: list[bytes] | None) -> Tensor:
        count = prod(self.shape)
        drawn = torch.from_numpy(self._stream.fields(nonces or [], 2 * count)).view(-1, 2, count)
        places, signs = drawn[:, 0].argsort(1), drawn[:, 1].round() * 2 - 1
        centred = images.float().flatten(1) - 127.5
        return (centred.gather(1, places) * signs).float().view(-1, *self.shape)

    def digest(self) -> bytes:
        return sha256(self._stream.fields([bytes(16)], 64).tobytes()).digest()
