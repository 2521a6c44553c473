"""How attackers on pictures see them: by a public recogniser, and as small pictures."""

from collections.abc import Callable
from typing import Final

import torch
from torch import Tensor
from torch.nn import functional

from masquerade.attacks.base import View
from masquerade.attacks.cache import vectors_of
from masquerade.attacks.learned_pictures import COLOURS, in_colour
from masquerade.errors import NotApplicable

BEST: Final = 3
"""Cosines of a person that are averaged."""
_SMALLEST: Final = 8
Seeing = Callable[[Tensor], Tensor]
"""Pictures ``(n, c, h, w)`` to vectors ``(n, e)``."""


def recogniser_of(view: View, name: str) -> Seeing:
    """A public recogniser of the view's; each picture's vector is computed once.

    Raises:
        StudyError: If its packages are not installed.
    """
    assert view.recognisers is not None  # noqa: S101  (the sealed caller checked it)
    embed = view.recognisers[name]
    return lambda pictures: vectors_of(name, embed, in_colour(pictures.float().clamp(0, 255)))


def require_pictures(images: Tensor) -> Tensor:
    """Pictures that can be looked at, float32.

    Raises:
        NotApplicable: If they have another number of channels than pictures, or next to no pixels.
    """
    if images.ndim != 4 or images.shape[1] not in (1, COLOURS) or min(images.shape[2:]) < _SMALLEST:
        raise NotApplicable("what is released is no picture", value=f"shape {tuple(images.shape[1:])}")
    return images.float()


def small(images: Tensor, side: int) -> Tensor:
    """Pictures as vectors of ``side`` by ``side`` mean colours, ``(n, c * side * side)``."""
    seen = functional.interpolate(require_pictures(images), (side, side), mode="area")
    return seen.flatten(1)


def standardised(one: Tensor, other: Tensor) -> tuple[Tensor, Tensor]:
    """Two sides of vectors, each by its own mean and by the spread of the other side's numbers, ``(n, f)`` each."""
    spread = other.std(0) if len(other) > 1 else torch.ones(other.shape[1])
    spread = spread + 1e-3 * spread.mean() + 1e-6
    return (one - one.mean(0)) / spread, (other - other.mean(0)) / spread
