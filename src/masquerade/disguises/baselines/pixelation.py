"""Pixelation: few large squares of one colour each in place of the photo."""

from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor
from torch.nn import functional

from masquerade.disguises.baselines.photo_tool import PhotoTool, across
from masquerade.disguises.checks import require_count
from masquerade.traits import Traits


@final
@dataclass(frozen=True)
class Pixelation(PhotoTool):
    """Each block of pixels becomes its mean colour.

    Args:
        blocks: Blocks in a row and in a column, 1 to 256; a side with fewer pixels stays as it is.

    Raises:
        UsageError: If ``blocks`` is no such number.
    """

    blocks: int = 8

    traits = Traits(deterministic=True, linear=True, same_map=True, keeps_inner_products=False)

    def __post_init__(self) -> None:
        require_count("number of blocks", self.blocks, 1, 256, "Pixelation")

    def changed(self, photos: Tensor) -> Tensor:
        """Means of blocks, in the place of what they are means of."""
        height, width = photos.shape[2:]
        return across(photos, _averaging(height, self.blocks), _averaging(width, self.blocks))


def _averaging(size: int, blocks: int) -> Tensor:
    """Means of runs of pixels of nearly one length, float64 ``(size, size)``."""
    block = torch.arange(size) * min(blocks, size) // size
    chosen = functional.one_hot(block).double()
    return chosen / chosen.sum(0) @ chosen.T
