"""Several keys for one data set, each photo under one of them, and the recogniser told which. Ours."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, Literal, final

import torch
from torch import Tensor

from masquerade.disguises.base import Disguise, Keyed, Shape
from masquerade.disguises.checks import require_count, require_one_of
from masquerade.disguises.key_choice import by_turns, chosen_by
from masquerade.errors import UsageError
from masquerade.keys import Key, KeyStream
from masquerade.traits import Traits

Told = Literal["planes", "slots"]

TOLD: Final = ("planes", "slots")


@final
@dataclass(frozen=True)
class ManyKeys(Disguise):
    """A disguise under ``keys`` independent keys; a photo's key follows from its content and the owner's key.

    Whoever solves one key from a leaked pair reads one share of the photos. Which photos are under the same key
    is open to all: the recogniser is told, and no more than that.

    Args:
        inner: The disguise; it changes each photo by itself.
        keys: Number of keys, 2 to 256.
        told: ``"planes"``: as many more channels, one of them 1 everywhere, the others 0. ``"slots"``: the
            channels of each key in a place of their own, and zeros elsewhere, so that the first linear layer has
            weights for each key; data and layer are ``keys`` times as large.

    Raises:
        UsageError: If a parameter is none of these, or ``inner`` mixes photos.
    """

    inner: Disguise
    keys: int = 4
    told: Told = "planes"

    def __post_init__(self) -> None:
        if not isinstance(self.inner, Disguise) or not self.inner.per_image:
            raise UsageError(
                "not a disguise that changes each photo by itself",
                value=type(self.inner).__name__,
                place="inner of ManyKeys",
                remedy='Give one such as TokenMatrix("gaussian").',
            )
        require_count("number of keys", self.keys, 2, 256, "ManyKeys")
        require_one_of("told", self.told, TOLD, "ManyKeys")

    keyed_by_secret = True
    per_image = True

    @property
    def traits(self) -> Traits | None:
        """Photos of two keys go through two maps, unless the key is one of noise."""
        if self.inner.traits is None or self.inner.noise_level is not None:
            return self.inner.traits
        return Traits(self.inner.traits.deterministic, False, same_map=False, keeps_inner_products=False)

    @property
    def takes_long(self) -> bool:
        """Whether the inner disguise does."""
        return self.inner.takes_long

    @property
    def restorable(self) -> bool:
        """Whether the inner disguise is."""
        return self.inner.restorable

    def keyed(self, key: Key, shape: Shape) -> Keyed:
        """Make the inner disguise under each of the keys."""
        inner = [self.inner.with_key(key.derive(f"key {j}"), shape) for j in range(self.keys)]
        return KeyedManyKeys(shape, inner, key.stream(f"many-keys {self.keys}"), self.told)


@final
class KeyedManyKeys(Keyed):
    """Several secret halves of one disguise.

    Args:
        shape: Channels, height and width of the images.
        inner: The secret halves.
        choices: Where the choice for each photo comes from.
        told: How the result states the choice.
    """

    def __init__(self, shape: Shape, inner: Sequence[Keyed], choices: KeyStream, told: Told) -> None:
        super().__init__(shape)
        self._inner = tuple(inner)
        self._choices = choices
        self._told = told

    @property
    def out_shape(self) -> Shape:
        """Channels of the inner result and one plane for each key, or a slot for each."""
        channels, height, width = self._inner[0].out_shape
        keys = len(self._inner)
        return (channels + keys if self._told == "planes" else channels * keys, height, width)

    @property
    def needs_nonces(self) -> bool:
        """The choice follows from the photo's content."""
        return True

    def disguise(self, images: Tensor, nonces: list[bytes] | None) -> Tensor:
        """Disguise each photo under its own key and state which."""
        result = torch.zeros((len(images), *self.out_shape))
        chosen = chosen_by(self._choices, nonces or [], len(self._inner))
        for j, (rows, made) in enumerate(by_turns(self._inner, chosen, images, nonces or [])):
            result[rows] = self._stated(made, j)
        return result

    def undo(self, disguised: Tensor) -> Tensor:
        """Undo each photo under the key that it states."""
        images = torch.empty((len(disguised), *self.shape))
        channels = self._inner[0].out_shape[0]
        chosen = self._read(disguised)
        for j, inner in enumerate(self._inner):
            rows = (chosen == j).nonzero()[:, 0]
            start = 0 if self._told == "planes" else j * channels
            images[rows] = inner.undo(disguised[rows, start : start + channels].contiguous())
        return images

    def digest(self) -> bytes:
        """SHA-256 over the digests of all keys, and the choices of one fixed nonce."""
        choices = self._choices.fields([bytes(16)], 64).tobytes()
        return sha256(b"".join(inner.digest() for inner in self._inner) + choices).digest()

    def _stated(self, disguised: Tensor, j: int) -> Tensor:
        full = torch.zeros((len(disguised), *self.out_shape))
        channels = disguised.shape[1]
        start = 0 if self._told == "planes" else j * channels
        full[:, start : start + channels] = disguised
        if self._told == "planes":
            full[:, channels + j] = 1.0
        return full

    def _read(self, disguised: Tensor) -> Tensor:
        keys = len(self._inner)
        shares = disguised[:, -keys:] if self._told == "planes" else disguised.abs()
        return shares.reshape(len(disguised), keys, -1).sum(2).argmax(1)
