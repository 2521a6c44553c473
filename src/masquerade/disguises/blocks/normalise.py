"""Block normalisation: removes each block's brightness and contrast, in public."""

from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Final, final

import torch
from torch import Tensor

from masquerade.blocks import BlockGrid
from masquerade.disguises.base import Disguise, Keyed, Shape
from masquerade.disguises.block_size import BlockSize, checked_block, grid_of
from masquerade.errors import UsageError
from masquerade.keys import Key
from masquerade.promises import NOTHING
from masquerade.traits import Traits

DEVIATION: Final = 64.0
"""Standard deviation of a block's numbers afterwards: nearly all then lie within 128 of zero."""
_PART: Final = 64


@final
@dataclass(frozen=True)
class BlockNormalise(Disguise):
    """Each block is shifted to mean zero and scaled to one norm.

    Orthogonal matrices keep the norm of every block, and sorted norms tell one photo among thousands; after
    this step all blocks have nearly the same. It has no secret and is no protection by itself.

    Args:
        block: Side of the blocks in pixels, or height and width.
        per_channel: Whether each channel of a block is normalised by itself.
        epsilon: Added to the variance (squared grey levels), so that flat blocks stay small instead of
            becoming amplified grain.

    Raises:
        UsageError: If ``block`` is no size or ``epsilon`` is not positive.
    """

    block: BlockSize
    per_channel: bool = False
    epsilon: float = 1.0

    keyed_by_secret = False
    promises = NOTHING
    per_image = True
    restorable = False
    traits = Traits(deterministic=True, linear=False, same_map=True, keeps_inner_products=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "block", checked_block(self.block, "BlockNormalise"))
        if not isinstance(self.epsilon, (int, float)) or not 0 < self.epsilon < float("inf"):
            raise UsageError(
                "not an epsilon", value=self.epsilon, remedy="Give a positive number, such as 1."
            )

    def in_blocks_of(self, block: BlockSize) -> "BlockNormalise":
        """The same in other blocks."""
        return replace(self, block=block)

    def keyed(self, key: Key, shape: Shape) -> Keyed:
        """Nothing is drawn from the key."""
        del key
        return Normalised(shape, grid_of(self.block, shape), self)


@final
class Normalised(Keyed):
    """Normalises blocks; it holds no secret.

    Args:
        shape: Channels, height and width of the images.
        grid: Their blocks.
        how: The parameters.
    """

    def __init__(self, shape: Shape, grid: BlockGrid, how: BlockNormalise) -> None:
        super().__init__(shape)
        self._grid = grid
        self._how = how
        self._together = (3, 5) if how.per_channel else (1, 3, 5)

    def disguise(self, images: Tensor, nonces: list[bytes] | None) -> Tensor:
        """Normalise, 64 images at a time."""
        del nonces
        result = torch.empty(images.shape)
        for start in range(0, len(images), _PART):
            result[start : start + _PART] = self._part(images[start : start + _PART])
        return result

    def _part(self, images: Tensor) -> Tensor:
        grid = self._grid
        blocks = images.double().view(
            -1, grid.channels, grid.rows, grid.block_height, grid.columns, grid.block_width
        )
        # in float64, so that the order of summation, which changes with the batch, is rounded away
        variance, mean = torch.var_mean(blocks, self._together, correction=0, keepdim=True)
        scale = DEVIATION / (variance + self._how.epsilon).sqrt()
        return ((blocks - mean) * scale).view(images.shape).float()

    def digest(self) -> bytes:
        """The digest of nothing: there is no secret."""
        return sha256().digest()
