"""The mean of a photo's nearest public features in place of its own; after k-same on pixels (Newton et al. 2005)."""

from dataclasses import dataclass
from hashlib import sha256
from typing import ClassVar, Final, final

import torch
from torch import Tensor

from masquerade.crafting.trained import TrainedBank, TrainedSplit
from masquerade.disguises.base import Disguise, Keyed, Networks, Shape
from masquerade.disguises.batching import filled
from masquerade.disguises.checks import require_count
from masquerade.disguises.features.split_encode import SplitEncoding, require_split
from masquerade.errors import UsageError
from masquerade.keys import Key
from masquerade.promises import THE_PERSON
from masquerade.traits import Traits

_PART: Final = 16
"""Photos at a time, the last ones filled up, so that a photo has the same bits in every batch."""


@final
@dataclass(frozen=True)
class KSame(Disguise):
    """Features become the mean of the nearest features of public people: one matrix product, no key.

    Which public photos are nearest still tells people apart; nothing is promised to whoever holds the photo.

    Args:
        split: The public split network.
        bank: Features of public people by its encoder.
        k: How many of the nearest are averaged, 1 to the size of the bank.

    Raises:
        UsageError: If a parameter is none of these.
    """

    split: TrainedSplit
    bank: TrainedBank
    k: int = 30

    networks: ClassVar[Networks] = {"split": "split", "bank": "bank"}
    keyed_by_secret = False
    promises = THE_PERSON
    per_image = True
    restorable = False
    traits = Traits(deterministic=True, linear=False, same_map=True, keeps_inner_products=False)

    def __post_init__(self) -> None:
        require_split(self.split, "KSame")
        _require_bank(self.bank, self.split)
        require_count("number of nearest", self.k, 1, len(self.bank.network.features), "KSame")

    @property
    def features_of(self) -> TrainedSplit:
        """The split network."""
        return self.split

    def keyed(self, key: Key, shape: Shape) -> Keyed:
        """The bank at work; nothing of the key goes into it."""
        del key
        return KeyedKSame(self, shape)


@final
class KeyedKSame(Keyed):
    """A bank at work.

    Args:
        how: The public half.
        shape: Channels, height and width of the photos.

    Raises:
        UsageError: If the encoder takes photos of another shape.
    """

    def __init__(self, how: KSame, shape: Shape) -> None:
        super().__init__(shape)
        self._how = how
        self._encoding = (SplitEncoding(how.split, shape),)

    @property
    def out_shape(self) -> Shape:
        """Shape of the features."""
        return self._encoding[0].out_shape

    def disguise(self, images: Tensor, nonces: list[bytes] | None) -> Tensor:
        """The mean of the nearest for each photo."""
        del nonces
        own = self._encoding[0].disguise(images, None).flatten(1)
        mean = torch.empty_like(own)
        for start in range(0, len(own), _PART):
            part = own[start : start + _PART]
            mean[start : start + _PART] = self._mean(filled(part, _PART))[: len(part)]
        return mean.view(-1, *self.out_shape)

    def _mean(self, own: Tensor) -> Tensor:
        """Means of the ``k`` nearest rows of the bank, ``(n, d)`` as given."""
        bank = self._how.bank.network.features
        nearness = 2 * own @ bank.T - bank.square().sum(1)
        chosen = nearness.topk(self._how.k, 1).indices
        weights = torch.zeros_like(nearness).scatter_(1, chosen, 1 / self._how.k)
        return weights @ bank

    def digest(self) -> bytes:
        """Of encoder and bank; nothing in it is secret."""
        return sha256(bytes.fromhex(self._how.split.digest + self._how.bank.digest)).digest()


def _require_bank(bank: object, split: TrainedSplit) -> None:
    if not isinstance(bank, TrainedBank):
        raise UsageError(
            "no bank of public features",
            value=repr(bank)[:100],
            place="KSame",
            remedy="Give what masquerade.crafting.shipped.open_bank returns.",
        )
    c, h, w = split.network.feature_shape
    if bank.network.features.shape[1] != c * h * w:
        raise UsageError(
            "the bank holds features of another shape",
            value=f"{bank.network.features.shape[1]} numbers, expected {c * h * w}",
            place="KSame",
            remedy="`masquerade encoder bank` makes one for this encoder.",
        )
