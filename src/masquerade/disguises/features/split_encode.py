"""Features of a public split network as they are: what Crafter protects, unprotected."""

from dataclasses import dataclass
from typing import ClassVar, Final, final

import torch
from torch import Tensor

from masquerade.crafting.trained import TrainedSplit
from masquerade.disguises.base import Disguise, Keyed, Networks, Shape
from masquerade.disguises.batching import filled
from masquerade.errors import UsageError
from masquerade.keys import Key
from masquerade.promises import THE_PERSON
from masquerade.traits import Traits

_PART: Final = 16
"""Photos at a time, the last ones filled up, so that a photo has the same bits in every batch."""


@final
@dataclass(frozen=True)
class SplitEncode(Disguise):
    """Photos become features of an encoder that everybody has; by itself it protects nothing.

    Args:
        split: The public split network.

    Raises:
        UsageError: If ``split`` is none.
    """

    split: TrainedSplit

    networks: ClassVar[Networks] = {"split": "split"}
    keyed_by_secret = False
    promises = THE_PERSON
    per_image = True
    restorable = False
    traits = Traits(deterministic=True, linear=False, same_map=True, keeps_inner_products=False)

    def __post_init__(self) -> None:
        require_split(self.split, "SplitEncode")

    @property
    def features_of(self) -> TrainedSplit:
        """The split network."""
        return self.split

    def keyed(self, key: Key, shape: Shape) -> Keyed:
        """The encoder at work; nothing of the key goes into it."""
        del key
        return SplitEncoding(self.split, shape)


@final
class SplitEncoding(Keyed):
    """An encoder at work.

    Args:
        split: The public split network.
        shape: Channels, height and width of the photos.

    Raises:
        UsageError: If the encoder takes photos of another shape.
    """

    def __init__(self, split: TrainedSplit, shape: Shape) -> None:
        side = split.network.options.side
        if shape != (3, side, side):
            raise UsageError(
                f"photos of another shape than the encoder {split.name} takes",
                value=f"{shape}, expected (3, {side}, {side})",
                remedy="Resize the photos, or take another encoder.",
            )
        super().__init__(shape)
        self._split = (split,)  # in a tuple, so that its weights are no part of this module's

    @property
    def out_shape(self) -> Shape:
        """Shape of the features."""
        return self._split[0].network.feature_shape

    def disguise(self, images: Tensor, nonces: list[bytes] | None) -> Tensor:
        """Encode the photos."""
        del nonces
        network = self._split[0].network
        features = torch.empty((len(images), *self.out_shape))
        for start in range(0, len(images), _PART):
            some = images[start : start + _PART].float() / 255
            features[start : start + _PART] = network.encode(filled(some, _PART))[: len(some)]
        return features

    def digest(self) -> bytes:
        """The network's digest; nothing in it is secret."""
        return bytes.fromhex(self._split[0].digest)


def require_split(split: object, place: str) -> None:
    """Pass if it is a split network with its name.

    Raises:
        UsageError: If it is not.
    """
    if not isinstance(split, TrainedSplit):
        raise UsageError(
            "not a split network",
            value=repr(split)[:100],
            place=place,
            remedy="Give what masquerade.crafting.shipped.open_split returns.",
        )
