"""What Crafter and Crafter-z share: photos are crafted in batches, with a pool and a critic of the key's."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass
from typing import ClassVar, TypeVar, final

import torch
from pydantic import BaseModel, ValidationError
from torch import Generator, Tensor

from masquerade.crafting.reconstruction import LatentDecoder
from masquerade.crafting.solver import Start
from masquerade.crafting.trained import TrainedAmortiser, TrainedFaceGenerator, TrainedSplit
from masquerade.disguises.base import Disguise, Networks, Shape, call_of
from masquerade.disguises.checks import require_count
from masquerade.disguises.features.keyed_features import CraftedFeatures
from masquerade.disguises.features.split_encode import require_split
from masquerade.errors import UsageError
from masquerade.keys import Key, rounded_digest
from masquerade.promises import THE_PERSON

Settings = TypeVar("Settings", bound=BaseModel)


@dataclass(frozen=True)
class Crafting(Disguise, ABC):
    """A way to craft features in batches; the photos of a batch share a critic, so that each depends on all.

    A last batch that is smaller than the others, down to one photo, is crafted all the same: its pool then has as
    many faces as a minibatch of the critic, which draws its photos with replacement.

    Args:
        split: The public split network, whose first half gives the features.
        generator: The public face generator that the simulated attacker inverts by.
        amortiser: Where its search begins; without one, from drawn latents.
        batch: Photos that are crafted together, in the order in which they come.

    Raises:
        UsageError: If a parameter is none of these.
    """

    split: TrainedSplit
    generator: TrainedFaceGenerator
    _: KW_ONLY
    amortiser: TrainedAmortiser | None = None
    batch: int = 64

    networks: ClassVar[Networks] = {"split": "split", "generator": "face generator", "amortiser": "amortiser"}
    settings_in = "settings"
    keyed_by_secret = True
    promises = THE_PERSON
    per_image = False
    restorable = False
    takes_long = True

    def __post_init__(self) -> None:
        place = type(self).__name__
        require_networks(self.split, self.generator, self.amortiser, place)
        require_count("number of photos in a batch", self.batch, 1, 4096, place)

    @property
    def features_of(self) -> TrainedSplit:
        """The split network."""
        return self.split

    @property
    def crafted_together(self) -> int:
        """Photos in a batch."""
        return self.batch

    @abstractmethod
    def minibatch(self) -> int:
        """Images in a step of the critic."""

    @abstractmethod
    def crafted(
        self, originals: Tensor, rebuild: LatentDecoder, pool: Tensor, start: Start, random: Generator
    ) -> Tensor:
        """Features of one batch; arguments as of ``masquerade.crafting.craft``."""

    @final
    def keyed(self, key: Key, shape: Shape) -> "KeyedCrafting":
        """The key's pools and critics for photos of ``shape``."""
        return KeyedCrafting(self, key.derive("crafter"), shape)


@final
class KeyedCrafting(CraftedFeatures):
    """A secret source of pools and critics.

    Args:
        how: The public half.
        key: The key of this use.
        shape: Channels, height and width of the photos.

    Raises:
        UsageError: If the encoder takes photos of another shape, or not the generator's.
    """

    def __init__(self, how: Crafting, key: Key, shape: Shape) -> None:
        super().__init__(how.split, how.generator, key, shape)
        self._how = how

    def digest(self) -> bytes:
        """SHA-256 over the pool of one fixed batch, rounded."""
        return rounded_digest([self._stream(bytes(16), 0).normal(64)])

    def _answer(self, images: Tensor, nonces: list[bytes], query: int) -> Tensor:
        features = self._encoding[0].disguise(images, None)
        for start in range(0, len(images), self._how.batch):
            some = slice(start, start + self._how.batch)
            features[some] = self._batch(features[some].clone(), call_of(nonces[some]), query)
        return features

    def _batch(self, originals: Tensor, call: bytes, query: int) -> Tensor:
        how = self._how
        drawn = self._drawn(self._stream(call, query), len(originals), how.minibatch(), how.amortiser)
        with torch.enable_grad():
            return how.crafted(originals, self._rebuild, *drawn).detach()


def require_networks(split: object, generator: object, amortiser: object, place: str) -> None:
    """Pass if these are Crafter's public networks with their names; there may be no amortiser.

    Raises:
        UsageError: If one is not.
    """
    require_split(split, place)
    if not isinstance(generator, TrainedFaceGenerator):
        raise UsageError(
            "not a face generator",
            value=repr(generator)[:100],
            place=place,
            remedy="Give what masquerade.crafting.shipped.open_generator returns.",
        )
    if not isinstance(amortiser, TrainedAmortiser | None):
        raise UsageError(
            "not an amortiser",
            value=repr(amortiser)[:100],
            place=place,
            remedy="Give what masquerade.crafting.shipped.open_amortiser returns, or None.",
        )


def settings_of(given: object, kind: type[Settings], place: str) -> Settings:
    """Settings from themselves, or from plain data as a description holds them.

    Raises:
        UsageError: If they are none.
    """
    if isinstance(given, kind):
        return given
    try:
        return kind.model_validate(dict(given) if isinstance(given, Mapping) else given)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise UsageError(
            f"settings that {place} cannot take",
            value=f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}",
            remedy=f"They are those of {kind.__name__}: {', '.join(kind.model_fields)}.",
        ) from None
