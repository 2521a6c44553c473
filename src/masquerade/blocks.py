"""How an image is cut into blocks: geometry that owner and attacker share, and no secret."""

from dataclasses import dataclass

from torch import Tensor

from masquerade.errors import UsageError


@dataclass(frozen=True)
class BlockGrid:
    """A grid of equal blocks over images of one shape.

    Args:
        channels: Channels of the image.
        height: Height of the image in pixels, a multiple of ``block_height``.
        width: Width of the image in pixels, a multiple of ``block_width``.
        block_height: Rows of one block (the paper's l or r).
        block_width: Columns of one block (the paper's m or s).

    Raises:
        UsageError: If the blocks do not tile the image.
    """

    channels: int
    height: int
    width: int
    block_height: int
    block_width: int

    def __post_init__(self) -> None:
        if self.height % self.block_height or self.width % self.block_width:
            raise UsageError(
                "blocks do not tile the image",
                value=f"blocks of {self.block_height}x{self.block_width}, image of {self.height}x{self.width}",
                remedy="Resize the photos, or choose a block size that divides both sides.",
            )

    @property
    def rows(self) -> int:
        """Blocks from top to bottom."""
        return self.height // self.block_height

    @property
    def columns(self) -> int:
        """Blocks from left to right."""
        return self.width // self.block_width

    @property
    def count(self) -> int:
        """Blocks in an image (the paper's t)."""
        return self.rows * self.columns

    @property
    def numbers(self) -> int:
        """Numbers in one block, channels included."""
        return self.channels * self.block_height * self.block_width

    def cut(self, images: Tensor) -> Tensor:
        """Cut images ``(n, c, h, w)`` into blocks ``(t, n, c, l, m)``, in reading order, contiguous."""
        n = images.shape[0]
        shape = (n, self.channels, self.rows, self.block_height, self.columns, self.block_width)
        blocks = images.reshape(shape).permute(2, 4, 0, 1, 3, 5)
        return blocks.reshape(self.count, n, self.channels, self.block_height, self.block_width)

    def join(self, blocks: Tensor) -> Tensor:
        """Put blocks ``(t, n, c, l, m)`` together into images ``(n, c, h, w)``; inverse of ``cut``."""
        n = blocks.shape[1]
        shape = (self.rows, self.columns, n, self.channels, self.block_height, self.block_width)
        images = blocks.reshape(shape).permute(2, 3, 0, 4, 1, 5)
        return images.reshape(n, self.channels, self.height, self.width)
