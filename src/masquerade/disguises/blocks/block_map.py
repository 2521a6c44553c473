"""What block disguises do to an image, as one linear map: each block times its matrix, then to its place."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from masquerade.blocks import BlockGrid


@dataclass(frozen=True, eq=False, repr=False)
class BlockMap:
    """Blocks multiplied by matrices from the right and put in another order.

    The ``d = c l m`` numbers of a block, channel by channel and row by row, are ``groups`` of ``d / groups``,
    each seen as rows as wide as its matrix. So the paper's multiplication (section 3.3: rows of a block
    times R_i) has a group for each channel and matrices of the block's width; a vectorised block is one row.

    Args:
        grid: The blocks of one image.
        source: int64 ``(t,)``; place ``q`` of the result takes block ``source[q]``.
        matrices: float64 ``(t, groups, width, width)``, by the block's place in the original; None leaves
            blocks as they are.
    """

    grid: BlockGrid
    source: NDArray[np.int64]
    matrices: NDArray[np.float64] | None = None

    def then(self, following: "BlockMap") -> "BlockMap | None":
        """This map and then another as one; None if their matrices act on other rows, or other blocks."""
        if self.grid != following.grid:
            return None
        mine, theirs = self.matrices, following.matrices
        if theirs is not None:
            theirs = theirs[np.argsort(self.source)]
        if mine is not None and theirs is not None and mine.shape != theirs.shape:
            return None
        product = mine @ theirs if mine is not None and theirs is not None else _first(mine, theirs)
        return BlockMap(self.grid, self.source[following.source], product)

    def transposed(self) -> "BlockMap":
        """The map that undoes this one, if the matrices are orthogonal."""
        turned = None if self.matrices is None else self.matrices[self.source].swapaxes(-1, -2)
        return BlockMap(self.grid, np.argsort(self.source), turned)

    @property
    def secrets(self) -> list[NDArray[Any]]:
        """The numbers that make up the secret, for a digest."""
        return [self.source] if self.matrices is None else [self.source, self.matrices]


def _first(one: NDArray[np.float64] | None, other: NDArray[np.float64] | None) -> NDArray[np.float64] | None:
    return other if one is None else one
