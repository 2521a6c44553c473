"""Somebody's own protection: pixels change places and signs, in secret, the same way for all photos."""

from dataclasses import dataclass
from hashlib import sha256
from math import prod
from typing import final

import torch
from torch import Tensor

from masquerade.disguises import Disguise, Keyed
from masquerade.keys import Key
from masquerade.promises import THE_PERSON

Shape = tuple[int, int, int]


@final
@dataclass(frozen=True)
class SecretSigns(Disguise):
    """Numbers of a photo in a secret order, mid-grey taken off, each times a secret sign."""

    keyed_by_secret = True
    per_image = True
    restorable = True
    promises = THE_PERSON  # its author would rather not be asked about photos

    def keyed(self, key: Key, shape: Shape) -> Keyed:
        stream = key.stream("signs and places")
        places = torch.from_numpy(stream.uniform(prod(shape))).argsort()
        signs = torch.from_numpy(stream.uniform(prod(shape))).round() * 2 - 1
        return KeyedSigns(shape, places, signs.float())


@final
class KeyedSigns(Keyed):
    def __init__(self, shape: Shape, places: Tensor, signs: Tensor) -> None:
        super().__init__(shape)
        self._places = places
        self._signs = signs

    def disguise(self, images: Tensor, nonces: list[bytes] | None) -> Tensor:
        centred = images.float().flatten(1) - 127.5
        return (centred[:, self._places] * self._signs).view(-1, *self.shape)

    def undo(self, disguised: Tensor) -> Tensor:
        centred = (disguised.flatten(1) * self._signs)[:, self._places.argsort()]
        return centred.view(-1, *self.shape) + 127.5

    def digest(self) -> bytes:
        return sha256(self._places.numpy().tobytes() + self._signs.numpy().tobytes()).digest()
