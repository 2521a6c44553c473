"""A protection under test, and what its checks share."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import Final, final

from torch import Tensor

from masquerade.disguises import Disguise, Finders, Keyed
from masquerade.disguises.base import Shape
from masquerade.disguises.description import SHIPPED
from masquerade.keys import Key
from masquerade.testing.example_photos import photos_with_a_flat_part

KEY: Final = Key.from_secret(bytes(range(32)))
OTHER_KEY: Final = Key.from_secret(bytes(range(1, 33)))


@final
@dataclass(frozen=True, eq=False)
class ProtectionCase:
    """A protection under test.

    Args:
        disguise: Its public half.
        shape: Channels, height and width of the photos to try it on.
        find: Where public networks come from that its description names.
        draws: Versions of each photo that are averaged where something is drawn by content.
        faces: Photos to measure its traits on, ``(n, *shape)``; made-up textures without any.
    """

    disguise: Disguise
    shape: Shape = (3, 16, 16)
    find: Finders = SHIPPED
    draws: int = 16
    faces: Tensor | None = None

    @cached_property
    def keyed(self) -> Keyed:
        """Under one key."""
        return self.disguise.with_key(KEY, self.shape)

    def photos(self, n: int = 5) -> Tensor:
        """``(n, c, h, w)``, uint8, one with a flat part, as photos have."""
        return photos_with_a_flat_part(n, self.shape)


def apart(one: Tensor, other: Tensor) -> float:
    """Largest difference, as a share of the largest number."""
    return float((one - other).abs().max() / other.abs().max().clamp(min=1e-6))


def raises(kind: type[BaseException], act: Callable[[], object]) -> bool:
    """Whether an act ends in an error of that kind; another error goes on."""
    with suppress(kind):
        act()
        return False
    return True
