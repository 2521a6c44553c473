"""What tools without a key have in common: photos in, photos of whole grey levels out, the same for everybody."""

from abc import abstractmethod
from dataclasses import fields
from hashlib import sha256
from typing import Final, final

import torch
from torch import Tensor

from masquerade.disguises.base import Disguise, Keyed, Shape
from masquerade.keys import Key
from masquerade.promises import THE_PERSON

_PART: Final = 64
"""Photos in float64 at a time."""
WHITE: Final = 255.0


class PhotoTool(Disguise):
    """A change to photos that anyone can make, meant to hide who is on them: a question about the person alone."""

    keyed_by_secret = False
    hides_people = True
    promises = THE_PERSON
    per_image = True
    restorable = False

    @abstractmethod
    def changed(self, photos: Tensor) -> Tensor:
        """Photos float64 ``(n, c, h, w)`` of 0 to 255 to as many, rounded by whoever calls; no photo sees another."""

    def keyed(self, key: Key, shape: Shape) -> Keyed:
        """The change at work; nothing of the key goes into it."""
        del key
        return KeyedPhotoTool(shape, self)


@final
class KeyedPhotoTool(Keyed):
    """A tool at work; it holds no secret.

    Args:
        shape: Channels, height and width of the photos.
        how: The public half, which is all there is.
    """

    def __init__(self, shape: Shape, how: PhotoTool) -> None:
        super().__init__(shape)
        self._how = how

    def disguise(self, images: Tensor, nonces: list[bytes] | None) -> Tensor:
        """Whole grey levels, as a file of a picture holds them."""
        del nonces
        size = _PART if self._how.per_image else max(1, len(images))
        made = torch.empty(images.shape)
        for start in range(0, len(images), size):
            photos = images[start : start + size].double().clamp(0, WHITE)
            made[start : start + size] = self._how.changed(photos).clamp(0, WHITE).round().float()
        return made

    def digest(self) -> bytes:
        """Of the public parameters; nothing in it is secret."""
        how = self._how
        said = [(field.name, getattr(how, field.name)) for field in fields(how)]  # type: ignore[arg-type]
        return sha256(repr((type(how).__name__, said)).encode()).digest()


def across(photos: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
    """The same linear map down all columns, ``(h, h)``, and along all rows, ``(w, w)``."""
    return rows @ photos @ columns.T


def places(size: int) -> Tensor:
    """Where the middles of so many pixels lie, as shares of the side: float64 ``(size,)``."""
    return (torch.arange(size, dtype=torch.float64) + 0.5) / size


def inside(size: int, low: float, high: float) -> Tensor:
    """Which pixels' middles lie from one share of the side to another, bool ``(size,)``."""
    middles = places(size)
    return (middles >= low) & (middles < high)
