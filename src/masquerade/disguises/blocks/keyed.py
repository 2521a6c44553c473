"""The secret half of everything that moves and multiplies blocks."""

from functools import cached_property
from typing import final

from torch import Tensor

from masquerade.disguises.base import Keyed, Shape
from masquerade.disguises.blocks.block_map import BlockMap
from masquerade.disguises.blocks.engine import BlockEngine
from masquerade.disguises.blocks.pair_engine import PairEngine
from masquerade.keys import rounded_digest


@final
class KeyedBlocks(Keyed):
    """A secret block map.

    Args:
        shape: Channels, height and width of the images.
        block_map: What to do to their blocks.
        orthogonal: Whether its matrices, if any, are orthogonal, so that transposing them undoes it.
    """

    def __init__(self, shape: Shape, block_map: BlockMap, *, orthogonal: bool) -> None:
        super().__init__(shape)
        self.orthogonal = orthogonal
        self._map = block_map

    def then(self, following: "KeyedBlocks") -> "KeyedBlocks | None":
        """Both as one pass over the images, or None if they cannot be one."""
        both = self._map.then(following._map)
        orthogonal = self.orthogonal and following.orthogonal
        return None if both is None else KeyedBlocks(self.shape, both, orthogonal=orthogonal)

    def disguise(self, images: Tensor, nonces: list[bytes] | None) -> Tensor:
        """Carry out the map."""
        del nonces
        return self._forwards(images)

    def undo(self, disguised: Tensor) -> Tensor:
        """Carry out the transposed map."""
        return self._backwards(disguised) if self.orthogonal else super().undo(disguised)

    def digest(self) -> bytes:
        """SHA-256 over order and matrices, rounded."""
        return rounded_digest(self._map.secrets)

    @cached_property
    def _forwards(self) -> BlockEngine | PairEngine:
        return _engine(self._map)

    @cached_property
    def _backwards(self) -> BlockEngine | PairEngine:
        return _engine(self._map.transposed())


def _engine(block_map: BlockMap) -> BlockEngine | PairEngine:
    matrices = block_map.matrices
    pairs = matrices is not None and matrices.shape[-1] == block_map.grid.block_width == 2
    return PairEngine(block_map) if pairs else BlockEngine(block_map)
