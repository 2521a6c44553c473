"""Blocks as tokens: for disguises under which neighbouring pixels of two blocks have nothing in common."""

from typing import ClassVar, Literal, final

import torch
from pydantic import Field
from torch import Tensor, nn

from masquerade.blocks import BlockGrid
from masquerade.networks.classifiers.base import Network, NetworkOptions, Shape


@final
class BlockNetOptions(NetworkOptions):
    """Options of ``block-net``.

    Args:
        block: Rows and columns of a block in pixels; the disguise's own block size serves best.
        width: Numbers of a token.
        depth: Number of mixing layers.
        embedding: One linear map for each ``position`` (it can learn to undo that block's matrix), or one
            ``shared`` by all.
        dropout: Share of the numbers dropped in training, in tokens and hidden layers.
        token_dropout: Share of whole blocks dropped in training.
    """

    block: int = Field(8, ge=1, le=64)
    width: int = Field(64, ge=1, le=2048)
    depth: int = Field(2, ge=0, le=24)
    embedding: Literal["position", "shared"] = "position"
    dropout: float = Field(0.2, ge=0, lt=1)
    token_dropout: float = Field(0.1, ge=0, lt=1)


@final
class BlockEmbedding(nn.Module):
    """A linear map of each block's numbers: blocks ``(t, n, d_in)`` to tokens ``(n, t, d_out)``."""

    def __init__(self, count: int, d_in: int, d_out: int, *, shared: bool) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(1 if shared else count, d_in, d_out) / d_in**0.5)
        self.bias = nn.Parameter(0.02 * torch.randn(count, 1, d_out))

    def forward(self, blocks: Tensor) -> Tensor:
        """Tokens of the blocks; the bias is each position's own, and so tells positions apart."""
        return (blocks @ self.weight + self.bias).transpose(0, 1)


@final
class MixerLayer(nn.Module):
    """Mixing over tokens, then over the numbers of each token, both residual (Tolstikhin et al. 2021)."""

    def __init__(self, tokens: int, width: int, dropout: float) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(width)
        self.over_tokens = _dense(tokens, 2 * tokens, dropout)
        self.norm2 = nn.LayerNorm(width)
        self.over_numbers = _dense(width, 2 * width, dropout)

    def forward(self, tokens: Tensor) -> Tensor:
        """Tokens ``(n, t, d)`` in and out."""
        mixed = self.over_tokens(self.norm1(tokens).transpose(1, 2)).transpose(1, 2)
        tokens = tokens + mixed
        out: Tensor = tokens + self.over_numbers(self.norm2(tokens))
        return out


def _dense(size: int, hidden: int, dropout: float) -> nn.Sequential:
    return nn.Sequential(nn.Linear(size, hidden), nn.GELU(), nn.Dropout(dropout), nn.Linear(hidden, size))


@final
class BlockNet(Network):
    """A linear map for each block, mixing layers over blocks, and a head on their mean.

    No weight ever touches pixels of two blocks before each block has been mapped by itself, so neither a
    secret matrix for each block nor the order of the blocks makes the first layer's work harder.
    """

    name: ClassVar[str] = "block-net"
    summary: ClassVar[str] = "each block a token with its own linear map, for block-wise disguises"
    options_type: ClassVar[type[NetworkOptions]] = BlockNetOptions

    def __init__(self, shape: Shape, classes: int, options: BlockNetOptions) -> None:
        super().__init__(shape, classes, options)
        c, h, w = shape
        self.grid = BlockGrid(c, h, w, options.block, options.block)
        t, width = self.grid.count, options.width
        self.embedding = BlockEmbedding(t, self.grid.numbers, width, shared=options.embedding == "shared")
        self.drop_tokens = nn.Dropout1d(options.token_dropout)
        self.layers = nn.Sequential(*(MixerLayer(t, width, options.dropout) for _ in range(options.depth)))
        self.last_norm = nn.LayerNorm(width)
        self.embedding_size = width
        self.head = nn.Sequential(nn.Dropout(options.dropout), nn.Linear(width, classes))

    def features(self, images: Tensor) -> Tensor:
        """The tokens' mean, normalised: ``width`` numbers."""
        tokens = self.drop_tokens(self.embedding(self.grid.cut(images).flatten(2)))
        out: Tensor = self.last_norm(self.layers(tokens).mean(1))
        return out
