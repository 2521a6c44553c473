"""The contract of every protection: a public description, and a secret half made from a key.

A ``Disguise`` is a frozen dataclass of public parameters. ``with_key`` gives the secret half, a ``Keyed``
module that turns images into what may leave the owner. Facts declared on the class (``keyed_by_secret``,
``per_image``, ``restorable``) are checked both ways by the shared test over ``EVERY_DISGUISE``.
"""

from abc import ABC, abstractmethod
from dataclasses import asdict
from hashlib import blake2b
from typing import Any, ClassVar, final

import torch
from torch import Tensor, nn

from masquerade.errors import SecretLeakRefused, UsageError
from masquerade.keys import Key

Shape = tuple[int, int, int]
"""Channels, height and width of one image or feature map."""


class Keyed(nn.Module, ABC):
    """The secret half of a disguise: images in, disguised images out.

    Its numbers are secrets of the owner: it can be neither copied, pickled nor saved.

    Args:
        shape: Channels, height and width of the images it takes.
    """

    needs_nonces: ClassVar[bool] = False
    """Whether ``disguise`` draws something fresh for each image."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape

    @final
    def forward(self, images: Tensor) -> Tensor:
        """Disguise images.

        Args:
            images: ``(n, c, h, w)``, uint8 or floating, values 0 to 255.

        Returns:
            float32, with the shape that ``with_key`` announced.

        Raises:
            UsageError: If the images have another shape than the disguise was keyed for.
        """
        if tuple(images.shape[1:]) != self.shape:
            raise UsageError(
                "images of another shape than the disguise was keyed for",
                value=f"{tuple(images.shape[1:])}, expected {self.shape}",
                remedy="Resize the images, or key the disguise for their shape.",
            )
        with torch.no_grad():
            return self.disguise(images, nonces_of(images) if self.needs_nonces else None)

    @abstractmethod
    def disguise(self, images: Tensor, nonces: list[bytes] | None) -> Tensor:
        """Disguise images that have been checked; ``nonces`` are 16 bytes an image, where asked for."""

    def digest(self) -> bytes:
        """SHA-256 or similar over the secret numbers, rounded so that platforms agree; never leaves unkeyed."""
        raise NotImplementedError

    def __reduce__(self) -> Any:
        raise SecretLeakRefused("a keyed disguise cannot be pickled or copied", remedy="Derive it from the key.")

    def state_dict(self, *args: Any, **kwargs: Any) -> Any:
        """Refuse: the numbers are secrets."""
        raise SecretLeakRefused("a keyed disguise has no state to save", remedy="Save the key instead.")

    def __repr__(self) -> str:
        return f"{type(self).__name__}(shape={self.shape})"


def nonces_of(images: Tensor) -> list[bytes]:
    """16 bytes for each image, from its content: fresh noise an image, whatever its batch."""
    flat = images.reshape(len(images), -1).contiguous().numpy()
    return [blake2b(row.tobytes(), digest_size=16).digest() for row in flat]


class Disguise(ABC):
    """The public half of a protection: parameters that anyone may know."""

    keyed_by_secret: ClassVar[bool]
    """Whether another key gives another result."""
    per_image: ClassVar[bool]
    """Whether an image's result is independent of the other images in its batch."""
    restorable: ClassVar[bool]
    """Whether the owner can undo it exactly, up to rounding."""

    @abstractmethod
    def with_key(self, key: Key, shape: Shape) -> Keyed:
        """The secret half for images of ``shape``.

        Raises:
            UsageError: If the parameters do not fit the shape.
        """

    @final
    def describe(self) -> dict[str, Any]:
        """Public parameters as plain data, with the kind of disguise."""
        return {"kind": type(self).__name__, **asdict(self)}  # type: ignore[call-overload]
