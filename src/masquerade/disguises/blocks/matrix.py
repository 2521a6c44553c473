"""Randomized multidimensional transformation of blocks (Sharma and Chen, Disguised-Nets, section 3.3)."""

from dataclasses import dataclass
from typing import Final, Literal, final

import numpy as np
from numpy.typing import NDArray

from masquerade.blocks import BlockGrid
from masquerade.disguises.base import Disguise, Keyed, Shape
from masquerade.disguises.block_size import BlockSize, checked_block, grid_of, label
from masquerade.disguises.blocks.block_map import BlockMap
from masquerade.disguises.blocks.keyed import KeyedBlocks
from masquerade.errors import UsageError
from masquerade.keys import Key, KeyStream
from masquerade.traits import Traits

Variant = Literal["rows", "block"]
MatrixKind = Literal["orthogonal", "rotation", "gaussian", "uniform01"]

VARIANTS: Final = ("rows", "block")
MATRIX_KINDS: Final = ("orthogonal", "rotation", "gaussian", "uniform01")


@final
@dataclass(frozen=True)
class BlockMatrix(Disguise):
    """Each block times a secret matrix of its own, the same for all images.

    ``rows`` is the paper's: block ``X`` of ``l x m`` pixels becomes ``X R_i`` with ``R_i`` of ``m x m``.
    ``block`` multiplies the vectorised block, a row of ``l m`` numbers for each channel or ``c l m`` for all.

    Args:
        block: Side of the blocks in pixels, or height and width.
        variant: ``"rows"`` or ``"block"``.
        matrix: ``"orthogonal"``: uniform (Haar) on O(m), determinant +1 or -1. ``"rotation"``: uniform on
            SO(m), as the published code draws them. ``"gaussian"``: entries N(0, 1/m), a random projection
            that keeps lengths on average. ``"uniform01"``: entries U[0, 1], the published code's projection;
            it lets brightness through and has full rank with probability one.
        per_channel: Whether each channel has matrices of its own. None means yes for ``rows`` and no for
            ``block``, whose matrices then mix the channels.

    Raises:
        UsageError: If a parameter is none of these.
    """

    block: BlockSize
    variant: Variant = "rows"
    matrix: MatrixKind = "orthogonal"
    per_channel: bool | None = None

    keyed_by_secret = True
    per_image = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "block", checked_block(self.block, "BlockMatrix"))
        _require_one_of("variant", self.variant, VARIANTS)
        _require_one_of("matrix", self.matrix, MATRIX_KINDS)
        if self.per_channel is None:
            object.__setattr__(self, "per_channel", self.variant == "rows")
        _require_one_of("per_channel", self.per_channel, (True, False))

    @property
    def traits(self) -> Traits:
        """One linear map for all photos; orthogonal matrices keep inner products."""
        return Traits(True, True, True, keeps_inner_products=self.matrix in ("orthogonal", "rotation"))

    @property
    def restorable(self) -> bool:
        """Orthogonal matrices lose nothing; the others are too ill-conditioned for float32."""
        return self.matrix in ("orthogonal", "rotation")

    def keyed(self, key: Key, shape: Shape) -> Keyed:
        """Draw the matrices, block by block in reading order, channel by channel."""
        grid = grid_of(self.block, shape)
        groups = grid.channels if self.per_channel else 1
        width = grid.block_width if self.variant == "rows" else grid.numbers // groups
        purpose = f"block-matrix {self.variant} {self.matrix} {groups} {label(self.block, shape)}"
        drawn = _drawn(key.stream(purpose), self.matrix, width, grid.count * groups)
        return KeyedBlocks(shape, _in_place(grid, drawn, groups), orthogonal=self.restorable)


def _in_place(grid: BlockGrid, drawn: NDArray[np.float64], groups: int) -> BlockMap:
    return BlockMap(grid, np.arange(grid.count), drawn.reshape(grid.count, groups, *drawn.shape[1:]))


def _drawn(stream: KeyStream, kind: MatrixKind, width: int, count: int) -> NDArray[np.float64]:
    """Matrices ``(count, width, width)``."""
    match kind:
        case "orthogonal":
            return stream.orthogonal(width, count)
        case "rotation":
            return _turned(stream.orthogonal(width, count))
        case "gaussian":
            drawn = stream.normal(count * width**2).reshape(count, width, width)
            drawn *= 1 / width**0.5
            return drawn
        case "uniform01":
            return stream.uniform(count * width**2).reshape(count, width, width)


def _turned(matrices: NDArray[np.float64]) -> NDArray[np.float64]:
    """Haar on SO from Haar on O: the last column changes its sign where the determinant is -1."""
    sign, _ = np.linalg.slogdet(matrices)
    matrices[:, :, -1] *= sign[:, None]
    return matrices


def _require_one_of(name: str, value: object, choices: tuple[object, ...]) -> None:
    if value not in choices:
        raise UsageError(
            f"no such {name} of BlockMatrix",
            value=repr(value),
            remedy=f"Choose among {', '.join(map(repr, choices))}.",
        )
