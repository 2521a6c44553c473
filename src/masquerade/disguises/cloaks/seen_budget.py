"""What of a cloak may be seen: structural similarity and colour difference, on the face."""

from dataclasses import dataclass
from functools import cache
from typing import Final, final

import torch
from torch import Tensor

from masquerade.disguises.checks import require_number
from masquerade.networks.cloaks.colour_difference import lab, lab_difference
from masquerade.networks.cloaks.ssim import InnerSSIM

_LUMA: Final = (0.299, 0.587, 0.114)
"""ITU-R BT.601."""
_MIDDLE: Final = (0.5, 0.54)
"""Where the face's middle lies, as shares of width and height of a photo aligned by the ArcFace template."""
_REACH: Final = (0.41, 0.52)
"""Half width and half height of the face, as such shares: the brow and the chin are within."""
_SOFT: Final = 0.12
_HALVINGS: Final = 10
_MOST: Final = 2.0
_PERCENTILE: Final = 0.95


@final
@dataclass(frozen=True)
class SeenBudget:
    """What may be seen of a cloak.

    Args:
        similarity: Least structural similarity, of brightness and of the colours, 0 to 1.
        colour: Most that the 95th percentile of CIEDE2000 on the face may be, .1 to 100.

    Raises:
        UsageError: If a number is out of its range.
    """

    similarity: float = 0.98
    colour: float = 2.5

    def __post_init__(self) -> None:
        require_number("structural similarity", self.similarity, 0, 0.9999, "SeenBudget")
        require_number("colour difference", self.colour, 0.1, 100, "SeenBudget")


@final
class BesideOriginals:
    """Photos to compare others with; what follows from them alone is computed once.

    Args:
        originals: ``(n, 3, h, w)``, values 0 to 255, 11 pixels a side or more.
    """

    def __init__(self, originals: Tensor) -> None:
        self.originals = originals
        self._bright, self._coloured = InnerSSIM(luminance(originals)), InnerSSIM(originals)
        self._lab = lab(originals)
        self._face = face_oval(*originals.shape[2:]) > 0.5

    def similarity(self, images: Tensor) -> Tensor:
        """The lesser of the similarities of brightness and of colours, ``(n,)``."""
        return torch.minimum(self._bright.values(luminance(images)), self._coloured.values(images))

    def colour(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """CIEDE2000 on the face: mean and 95th percentile, ``(n,)`` each."""
        on_face = lab_difference(lab(images), self._lab)[:, self._face]
        return on_face.mean(1), on_face.quantile(_PERCENTILE, dim=1)

    def within(self, images: Tensor, budget: SeenBudget) -> Tensor:
        """Which images keep to a budget, bool ``(n,)``."""
        return (self.similarity(images) >= budget.similarity) & (self.colour(images)[1] <= budget.colour)

    def as_much(self, change: Tensor, budget: SeenBudget) -> Tensor:
        """Photos of whole grey levels with as much of a change as a budget allows, up to twice the change."""
        low, high = torch.zeros(len(change)), torch.full((len(change),), _MOST)
        for _ in range(_HALVINGS):
            tried = (low + high) / 2
            fits = self.within(self._with(change, tried), budget)
            low, high = torch.where(fits, tried, low), torch.where(fits, high, tried)
        return self._with(change, low)

    def _with(self, change: Tensor, share: Tensor) -> Tensor:
        return (self.originals + change * share[:, None, None, None]).round().clamp(0, 255)


def luminance(images: Tensor) -> Tensor:
    """Brightness ``(n, 1, h, w)`` of photos ``(n, 3, h, w)``."""
    return torch.einsum("c,nchw->nhw", torch.tensor(_LUMA, dtype=images.dtype), images)[:, None]


@cache
def face_oval(height: int, width: int) -> Tensor:
    """1 on the face of an aligned photo, falling to 0 around it, float32 ``(h, w)``."""
    rows = ((torch.arange(height) + 0.5) / height - _MIDDLE[1]) / _REACH[1]
    columns = ((torch.arange(width) + 0.5) / width - _MIDDLE[0]) / _REACH[0]
    away = torch.hypot(rows[:, None].expand(height, width), columns[None].expand(height, width))
    return ((1 + _SOFT - away) / (2 * _SOFT)).clamp(0, 1)
