"""Block-wise permutation (Sharma and Chen, Disguised-Nets, section 3.2)."""

from dataclasses import dataclass
from typing import final

from masquerade.disguises.base import Disguise, Keyed, Shape
from masquerade.disguises.block_size import BlockSize, checked_block, grid_of, label
from masquerade.disguises.blocks.block_map import BlockMap
from masquerade.disguises.blocks.keyed import KeyedBlocks
from masquerade.keys import Key
from masquerade.traits import Traits


@final
@dataclass(frozen=True)
class BlockPermutation(Disguise):
    """Blocks change places, in one secret order for all images.

    Every pixel is still there to see, and blocks that were neighbours fit together at their edges: by itself
    it is a jigsaw puzzle.

    Args:
        block: Side of the blocks in pixels, or height and width.

    Raises:
        UsageError: If ``block`` is no size.
    """

    block: BlockSize

    keyed_by_secret = True
    per_image = True
    restorable = True
    traits = Traits(deterministic=True, linear=True, same_map=True, keeps_inner_products=True)

    def __post_init__(self) -> None:
        object.__setattr__(self, "block", checked_block(self.block, "BlockPermutation"))

    def keyed(self, key: Key, shape: Shape) -> Keyed:
        """Draw the order of the blocks."""
        grid = grid_of(self.block, shape)
        order = key.stream(f"block-permutation {label(self.block, shape)}").permutation(grid.count)
        return KeyedBlocks(shape, BlockMap(grid, order), orthogonal=True)
