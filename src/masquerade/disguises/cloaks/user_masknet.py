"""Cloaks with a MaskNet of the user's own."""

from abc import abstractmethod
from typing import ClassVar

import torch
from torch import Tensor

from masquerade.disguises.base import Disguise, Keyed, Networks, Shape
from masquerade.keys import Key
from masquerade.masknets import NUMBERS, MaskNetSource
from masquerade.networks.cloaks.masknet import MaskNet
from masquerade.promises import THE_PERSON


class OwnMaskNet(Disguise):
    """A cloak that depends on the MaskNet that the user's numbers draw from its ``source``."""

    source: MaskNetSource

    networks: ClassVar[Networks] = {"source": "source"}
    keyed_by_secret = True
    promises = THE_PERSON
    per_image = True
    takes_long = True
    restorable = False
    bound_to_parameters = False

    def keyed(self, key: Key, shape: Shape) -> Keyed:
        """Draw the user's numbers, and with them the user's MaskNet."""
        numbers = numbers_of(key)
        return self.with_masknet(self.source.draw(numbers), numbers, shape)

    @abstractmethod
    def with_masknet(self, masknet: MaskNet, numbers: Tensor, shape: Shape) -> Keyed:
        """The secret half from a MaskNet that was drawn before; as ``with_key`` of the same user, bit for bit.

        Args:
            masknet: What the source drew from ``numbers``.
            numbers: The user's numbers, float32 ``(256,)``.
            shape: Channels, height and width of the photos.

        Raises:
            UsageError: If the photos are no colour photos, or too small.
        """


def numbers_of(key: Key) -> Tensor:
    """A user's numbers, which decide the user's MaskNet: float32 ``(256,)``, standard normal."""
    return torch.from_numpy(key.stream("masknet").normal(NUMBERS)).float()
