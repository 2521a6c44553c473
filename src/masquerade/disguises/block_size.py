"""How a disguise states the size of its blocks."""

from masquerade.blocks import BlockGrid
from masquerade.errors import UsageError

Shape = tuple[int, int, int]
BlockSize = int | tuple[int, int]
"""The side of square blocks, or height and width, in pixels."""


def checked_block(block: object, place: str) -> BlockSize:
    """A block size in its one form: the side if square, else height and width.

    Raises:
        UsageError: If it is neither a side nor two, each at least one pixel.
    """
    sides = tuple(block) if isinstance(block, (tuple, list)) else (block, block)
    if len(sides) != 2 or any(type(side) is not int or side < 1 for side in sides):
        raise UsageError(
            "not a block size",
            value=block,
            place=place,
            remedy="Give the side in pixels, or height and width.",
        )
    height, width = sides
    return int(height) if height == width else (int(height), int(width))


def grid_of(block: BlockSize, shape: Shape) -> BlockGrid:
    """The blocks on images of ``shape``.

    Raises:
        UsageError: If the blocks do not tile such images.
    """
    height, width = (block, block) if isinstance(block, int) else block
    return BlockGrid(*shape, height, width)


def label(block: BlockSize, shape: Shape) -> str:
    """Block size and image shape as part of the name of a key's use, so that no two layouts share numbers."""
    grid = grid_of(block, shape)
    return f"{grid.block_height}x{grid.block_width} on {'x'.join(map(str, shape))}"
