"""How disguised images fall into cells that share one secret matrix, and statistics kept cell by cell."""

from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor

from masquerade.attacks.block_recipe import BlockRecipe
from masquerade.blocks import BlockGrid

Shape = tuple[int, int, int]
DEVIATION = 64.0
FLAT = 1.0
"""Deviation that normalisation aims at, and variance added so that flat blocks stay flat."""


@final
@dataclass(frozen=True)
class CellLayout:
    """Cells of an image: each holds ``tied`` rows of ``size`` numbers that meet the same matrix.

    The number of cells is ``positions * parts``: a part is a channel where channels have matrices of their
    own, else the whole block. ``width`` is the number of all numbers in an image.

    Args:
        grid: The blocks.
        parts: Cells at one block position.
        tied: Rows of a cell.
        size: Side of the secret matrix.
    """

    grid: BlockGrid
    parts: int
    tied: int
    size: int

    @classmethod
    def of(cls, recipe: BlockRecipe, shape: Shape) -> "CellLayout":
        """Lay out images of ``shape`` (channels, height, width) under ``recipe``."""
        grid = recipe.grid(shape)
        apart = shape[0] if recipe.per_channel else 1
        numbers = grid.numbers // apart
        # Without matrices a cell is a block whose pixels stand in the clear.
        size = grid.block_width if recipe.variant == "rows" else numbers
        return cls(grid, apart, numbers // size, size)

    @property
    def positions(self) -> int:
        """Places that a block can take."""
        return self.grid.count

    @property
    def cells(self) -> int:
        """Cells in an image."""
        return self.positions * self.parts

    @property
    def width(self) -> int:
        """Numbers in an image."""
        return self.cells * self.tied * self.size

    def cut(self, images: Tensor) -> Tensor:
        """Images ``(n, c, h, w)`` to cells ``(cells, n, tied, size)``."""
        blocks = self.grid.cut(images)
        n = images.shape[0]
        parts = blocks.reshape(self.positions, n, self.parts, self.tied, self.size).transpose(1, 2)
        return parts.reshape(self.cells, n, self.tied, self.size)

    def place(self, cells: Tensor, order: Tensor) -> Tensor:
        """Cells with the block ``order[b]`` brought to position ``b``."""
        grouped = cells.reshape(self.positions, self.parts, *cells.shape[1:])
        return grouped[order].reshape(cells.shape)

    def flat(self, cells: Tensor) -> Tensor:
        """Cells ``(cells, n, tied, size)`` to rows ``(n, width)``."""
        return cells.transpose(0, 1).reshape(cells.shape[1], self.width)

    def join(self, rows: Tensor) -> Tensor:
        """Rows ``(n, width)`` of pixels to images ``(n, c, h, w)``; undoes ``flat`` after ``cut``."""
        n = len(rows)
        parts = rows.reshape(
            n, self.positions, self.grid.channels, self.grid.block_height, self.grid.block_width
        )
        return self.grid.join(parts.transpose(0, 1))

    def times(self, cells: Tensor, matrices: Tensor) -> Tensor:
        """Every row of the cells ``(cells, n, tied, size)`` times its matrix ``(cells, size, size)``."""
        return torch.bmm(cells.reshape(self.cells, -1, self.size), matrices).reshape(cells.shape)

    def turn(self, matrices: Tensor, rows: Tensor) -> Tensor:
        """``blockdiag(matrices) @ rows`` for matrices ``(cells, size, size)`` and rows ``(width, m)``."""
        split = rows.reshape(self.cells, self.tied, self.size, -1)
        return torch.einsum("cij,ctjm->ctim", matrices, split).reshape(self.width, -1)

    def turn_both(self, matrices: Tensor, moment: Tensor) -> Tensor:
        """``blockdiag(matrices) @ moment @ blockdiag(matrices).T`` for a symmetric ``(width, width)``."""
        return self.turn(matrices, self.turn(matrices, moment).T)

    def own(self, moment: Tensor) -> Tensor:
        """Moment of each cell's rows, averaged over them: ``(width, width)`` to ``(cells, size, size)``."""
        span = self.tied * self.size
        squares = moment.reshape(self.cells, span, self.cells, span).diagonal(dim1=0, dim2=2)
        rows = squares.permute(2, 0, 1).reshape(self.cells, self.tied, self.size, self.tied, self.size)
        return torch.einsum("ctitj->cij", rows) / self.tied


def second_moment(rows: Tensor) -> Tensor:
    """Second moment about zero of ``(n, width)``."""
    return rows.T @ rows / len(rows)


def root(moments: Tensor, power: float, floor: float) -> Tensor:
    """Power of symmetric matrices ``(cells, d, d)``, eigenvalues raised to ``floor`` times their mean."""
    values, vectors = torch.linalg.eigh(moments.double())
    least = floor * values.mean(1, keepdim=True).clamp_min(1e-12)
    scaled: Tensor = vectors * values.maximum(least)[:, None, :] ** power
    powered: Tensor = scaled @ vectors.mT
    return powered.float()


def normalised(cells: Tensor, together: int) -> Tensor:
    """Cells as normalised blocks: mean 0 and deviation 64 over ``together`` neighbouring cells."""
    grouped = cells.reshape(len(cells) // together, together, *cells.shape[1:])
    centred = grouped - grouped.mean((1, 3, 4), keepdim=True)
    variances = centred.square().mean((1, 3, 4), keepdim=True)
    return (DEVIATION * centred / (variances + FLAT).sqrt()).reshape(cells.shape)
