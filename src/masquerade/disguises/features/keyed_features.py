"""Secret halves that answer photos with crafted features, the same for the same photo until they are asked again."""

from abc import ABC, abstractmethod
from typing import NamedTuple, final

import torch
from torch import Generator, Tensor

from masquerade.crafting.adversary import pool_size
from masquerade.crafting.reconstruction import LatentDecoder
from masquerade.crafting.solver import Start
from masquerade.crafting.trained import TrainedAmortiser, TrainedFaceGenerator, TrainedSplit
from masquerade.disguises.base import Keyed, Shape, nonces_of
from masquerade.disguises.features.keyed_generator import generator_of
from masquerade.disguises.features.split_encode import SplitEncoding
from masquerade.keys import Key, KeyStream


class Drawn(NamedTuple):
    """What a key draws for the crafting of one batch: the critic's real faces, first latents, and all later draws."""

    pool: Tensor
    start: Start
    random: Generator


class CraftedFeatures(Keyed, ABC):
    """Features of a split network, crafted against the inversion by a generator.

    Args:
        split: The public split network.
        generator: The public face generator.
        key: The key of this use.
        shape: Channels, height and width of the photos.

    Raises:
        UsageError: If the encoder takes photos of another shape, or not the generator's.
    """

    def __init__(self, split: TrainedSplit, generator: TrainedFaceGenerator, key: Key, shape: Shape) -> None:
        super().__init__(shape)
        self._key = key
        self._encoding = (SplitEncoding(split, shape),)
        self._rebuild = LatentDecoder(generator.network, split.network, generator.latents)

    @property
    def out_shape(self) -> Shape:
        """Shape of the features."""
        return self._rebuild.feature_shape

    @property
    def needs_nonces(self) -> bool:
        """What is drawn for photos depends on them, and is the same whenever they come again."""
        return True

    @final
    def disguise(self, images: Tensor, nonces: list[bytes] | None) -> Tensor:
        """Craft the photos' features."""
        return self._answer(images, nonces or [], 0)

    @property
    def draws_again(self) -> bool:
        """Every query of an owner who keeps no feature has draws of its own."""
        return True

    @final
    def again(self, images: Tensor, query: int) -> Tensor:
        """What another query with the same photos gets from an owner who keeps no feature: other draws."""
        with torch.no_grad():
            plain = self._checked(images, self.shape)
            return self._answer(plain, nonces_of(plain), query)

    @abstractmethod
    def _answer(self, images: Tensor, nonces: list[bytes], query: int) -> Tensor: ...

    @final
    def _stream(self, call: bytes, query: int) -> KeyStream:
        return self._key.stream(f"batch {call.hex()} query {query}")

    @final
    def _drawn(
        self, stream: KeyStream, photos: int, minibatch: int, amortiser: TrainedAmortiser | None
    ) -> Drawn:
        d = self._rebuild.latents
        pool = latents_of(stream, pool_size(photos, minibatch), d)
        start: Start = amortiser.network if amortiser else latents_of(stream, photos, d)
        return Drawn(pool, start, generator_of(stream))


def latents_of(stream: KeyStream, count: int, d: int) -> Tensor:
    """Standard normal latents of a key's stream, float32 ``(count, d)``."""
    return torch.from_numpy(stream.normal(count * d).reshape(count, d)).float()
