"""Cloaks of tracked users, each under a key of their own."""

from collections.abc import Callable
from typing import final

import torch
from torch import Tensor

from masquerade.data.image_set import ImageSet
from masquerade.disguises.base import Disguise, Keyed, Shape
from masquerade.keys import Key


def keyed_among(disguise: Disguise, key: Key, shape: Shape, public: Tensor) -> Keyed:
    """A disguise under a key; one that wants them is given other people's photos, ``(p, c, h, w)``."""
    keyed = disguise.with_key(key, shape)
    return keyed.with_public(public) if keyed.wants_public else keyed


@final
class Cloaks:
    """What tracked users wear in one repetition.

    Args:
        disguise: The cloak's public half.
        shape: Channels, height and width of the photos.
        key_of: The key of a user, by number.
        public: Photos of other people ``(p, c, h, w)``, among whom a cloak that imitates somebody chooses.
    """

    def __init__(
        self, disguise: Disguise, shape: Shape, key_of: Callable[[int], Key], public: Tensor
    ) -> None:
        self._disguise = disguise
        self._shape = shape
        self._key_of = key_of
        self._public = public
        self._worn: dict[int, Keyed] = {}
        self._kept: dict[str, Tensor] = {}

    def of(self, user: int) -> Keyed:
        """The cloak of a user; its key is made once."""
        if user not in self._worn:
            self._worn[user] = keyed_among(self._disguise, self._key_of(user), self._shape, self._public)
        return self._worn[user]

    def cloaked(self, photos: ImageSet) -> Tensor:
        """Each photo under its person's cloak, float32, in the photos' order; computed once."""
        name = photos.digest
        if name not in self._kept:
            cloaked = torch.empty(photos.images.shape)
            for user in torch.unique(photos.labels).tolist():
                rows = photos.labels == user
                cloaked[rows] = self.of(user)(photos.images[rows])
            self._kept[name] = cloaked
        return self._kept[name]
