"""How the photos of a batch are disguised: each on its own, or together and once for all."""

import json
from abc import ABC, abstractmethod
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, final

import torch
from torch import Tensor

from masquerade.disguises.base import Keyed, Shape
from masquerade.errors import CraftingError
from masquerade.keys import Key
from masquerade.owner.feature_cache import CraftedCache

BATCH: Final = 64
"""Images disguised at a time, always: a matrix product of another size may round its last bit differently."""


class Batches(ABC):
    """Disguises a batch of photos.

    Args:
        shape: Channels, height and width of the photos.
        size: Photos in a batch, at most.
    """

    def __init__(self, shape: Shape, size: int) -> None:
        self.shape = shape
        self.size = size

    @property
    @abstractmethod
    def side_by_side(self) -> bool:
        """Whether what a batch becomes is the same whichever came before it."""

    @abstractmethod
    def __call__(self, photos: Tensor) -> Tensor:
        """What is released of photos, uint8 ``(k, *shape)`` with 1 <= k <= ``size``: float32 ``(k, ...)``."""


@final
class FilledBatches(Batches):
    """Photos that are disguised each on its own, in batches filled up with black ones.

    Args:
        keyed: The keyed disguise.
    """

    def __init__(self, keyed: Keyed) -> None:
        super().__init__(keyed.shape, BATCH)
        self._keyed = keyed

    @property
    def side_by_side(self) -> bool:
        """It is."""
        return True

    def __call__(self, photos: Tensor) -> Tensor:
        """The disguised photos."""
        batch = torch.zeros((self.size, *self.shape), dtype=torch.uint8)
        batch[: len(photos)] = photos
        disguised: Tensor = self._keyed(batch)
        return disguised[: len(photos)]


@final
class CraftedBatches(Batches):
    """Photos whose features are crafted together, unless the owner's cache has them already.

    Nothing is filled up: a black photo would have a part in the features of the others.

    Args:
        keyed: The keyed crafting.
        size: Photos that are crafted together.
        key: The owner's key, under which photos have their names in the cache.
        description: Of the crafting, with ``batch``: another number of photos in a batch is no other question.
        cache: File of the cache.
    """

    def __init__(
        self, keyed: Keyed, size: int, key: Key, description: Mapping[str, Any], cache: Path
    ) -> None:
        super().__init__(keyed.shape, size)
        facts = {name: value for name, value in description.items() if name != "batch"}
        self._purpose = f"crafted/{sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()}"
        self._keyed = keyed
        self._key = key
        self._cache = CraftedCache(cache, keyed.out_shape)

    @property
    def side_by_side(self) -> bool:
        """A photo that came before has its feature already."""
        return False

    def __call__(self, photos: Tensor) -> Tensor:
        """The crafted features."""
        names = [self._name(photo) for photo in photos]
        known = self._cache.get(names)
        rows = {name: row for row, name in reversed(list(enumerate(names))) if name not in known}
        if rows:
            missing = sorted(rows, key=lambda name: rows[name])
            self._cache.add(
                dict(zip(missing, self._crafted(photos[[rows[n] for n in missing]]), strict=True))
            )
            known |= self._cache.get(missing)  # what stands there, should another process have been first
        return torch.stack([known[name] for name in names])

    def _crafted(self, photos: Tensor) -> Tensor:
        features: Tensor = self._keyed(photos)
        if not bool(features.isfinite().all()):
            raise CraftingError("crafted features are not finite", remedy="Lower the learning rate.")
        return features

    def _name(self, photo: Tensor) -> str:
        return self._key.authenticate(self._purpose, photo.contiguous().numpy().tobytes())
