"""What all cloaks share: photos in, photos of whole grey levels out, each by itself and with numbers of its own."""

from abc import ABC, abstractmethod
from concurrent.futures import ThreadPoolExecutor
from math import prod
from typing import Final, final

import torch
from torch import Tensor

from masquerade.disguises.base import Keyed, Shape
from masquerade.disguises.batching import filled
from masquerade.errors import UsageError
from masquerade.keys import KeyStream
from masquerade.networks.cloaks.ssim import WINDOW

_COLOURS: Final = 3
_SMALL: Final = 1 << 14
_TOGETHER: Final = 8
_WHOLE_WORDS: Final = 64


class CloakInParts(Keyed, ABC):
    """The working half of a cloak, whether it has a secret or not.

    A photo's bits must not depend on its batch, and many steps make a last bit large. So photos are worked on in
    parts of one size, each part by one thread; several threads take several parts.

    Args:
        shape: Channels, height and width of the photos.

    Raises:
        UsageError: If the photos are no colour photos, or smaller than the window of structural similarity.
    """

    def __init__(self, shape: Shape) -> None:
        if shape[0] != _COLOURS or min(shape[1:]) < WINDOW:
            raise UsageError(
                "a cloak takes colour photos of some size",
                value="x".join(map(str, shape)),
                place=f"at least {_COLOURS}x{WINDOW}x{WINDOW}",
                remedy="Enlarge the photos; repeat the one channel of grey ones.",
            )
        super().__init__(shape)

    @final
    def disguise(self, images: Tensor, nonces: list[bytes] | None) -> Tensor:
        """Cloak each photo."""
        size = _part_of(self.shape)
        numbers = self.numbers(nonces or [])
        parts = [slice(start, start + size) for start in range(0, len(images), size)]
        cloaked = torch.empty(images.shape)

        def work(part: slice) -> None:
            torch.set_num_threads(1)  # of this worker alone
            photos = filled(images[part], size).float().clamp(0, 255)
            own = None if numbers is None else filled(numbers[part], size) * 2 - 1
            with torch.no_grad():
                cloaked[part] = self.part(photos, own)[: len(images[part])]

        with ThreadPoolExecutor(torch.get_num_threads()) as pool:
            list(pool.map(work, parts))
        return cloaked

    def numbers(self, nonces: list[bytes]) -> Tensor | None:
        """Numbers from 0 to below 1 of each photo's own, shaped as the photos; None where nothing is drawn."""
        del nonces
        return None

    @abstractmethod
    def part(self, photos: Tensor, numbers: Tensor | None) -> Tensor:
        """Some photos cloaked, whole grey levels 0 to 255.

        Args:
            photos: float32 ``(n, 3, h, w)``, values 0 to 255.
            numbers: float32 of the same shape, from -1 to below 1, the photos' own; None where nothing is drawn.
        """


class KeyedCloak(CloakInParts):
    """The secret half of a cloak.

    Args:
        shape: Channels, height and width of the photos.
        stream: Where a photo's own numbers come from.

    Raises:
        UsageError: If the photos are no colour photos, or smaller than the window of structural similarity.
    """

    def __init__(self, shape: Shape, stream: KeyStream) -> None:
        super().__init__(shape)
        self._stream = stream

    @property
    def needs_nonces(self) -> bool:
        """A photo's numbers follow from its content."""
        return True

    @final
    def numbers(self, nonces: list[bytes]) -> Tensor:
        """From the stream."""
        return torch.from_numpy(self._stream.fields(nonces, prod(self.shape))).view(-1, *self.shape)

    @final
    def part(self, photos: Tensor, numbers: Tensor | None) -> Tensor:
        """Cloak photos with their numbers."""
        assert numbers is not None  # noqa: S101 - this class draws some
        return self.cloak(photos, numbers)

    @abstractmethod
    def cloak(self, photos: Tensor, numbers: Tensor) -> Tensor:
        """Cloaked photos, whole grey levels 0 to 255.

        Args:
            photos: float32 ``(n, 3, h, w)``, values 0 to 255.
            numbers: float32 of the same shape, from -1 to below 1, the photos' own.
        """


def _part_of(shape: Shape) -> int:
    """Photos that are worked on together: several if they are small, and all start at a whole vector register."""
    numbers = prod(shape)
    return _TOGETHER if numbers <= _SMALL and numbers % _WHOLE_WORDS == 0 else 1
