"""XNN's recogniser: a vision transformer over feature tokens that are told apart by nothing but their numbers."""

from typing import ClassVar, Literal, final

import torch
from pydantic import Field
from torch import Tensor, nn

from masquerade.networks.classifiers.base import Network, NetworkOptions, Shape
from masquerade.networks.classifiers.cosine_head import CosineHead
from masquerade.networks.classifiers.vit import TransformerBlocks


@final
class RecNetOptions(NetworkOptions):
    """Options of ``recnet``.

    Args:
        width: Numbers of a token inside; a linear map brings others to it. None takes the tokens' own.
        depth: Number of transformer blocks; the paper's figure 8 finds 6 best.
        heads: Attention heads; divides the width.
        mlp_ratio: Hidden units of a block's layers, as a multiple of the width.
        dropout: Share of the numbers dropped in training, in attention as in the layers.
        token_norm: Whether each token is brought to mean 0 and variance 1 first.
        pool: What is recognised by: a ``class`` token of its own, or the ``mean`` of all tokens.
        head: Class scores ``linear`` in the recognition vector, or its ``cosine`` with a direction for each
            class, times ``scale`` (with ``margin`` in the training settings: CosFace, Wang et al. 2018).
        scale: Largest score of a cosine head.
    """

    width: int | None = Field(None, ge=1, le=4096)
    depth: int = Field(6, ge=1, le=48)
    heads: int = Field(12, ge=1, le=64)
    mlp_ratio: float = Field(4, gt=0, le=16)
    dropout: float = Field(0.0, ge=0, lt=1)
    token_norm: bool = True
    pool: Literal["class", "mean"] = "class"
    head: Literal["linear", "cosine"] = "linear"
    scale: float = Field(16.0, gt=0, le=1000)


@final
class RecNet(Network):
    """Transformer blocks over the positions of a feature map, without any position embedding.

    Each of the ``h * w`` positions is a token of ``d`` numbers. What comes out does not depend on the order
    of the tokens: a secret permutation of them neither costs utility nor adds secrecy.
    """

    name: ClassVar[str] = "recnet"
    summary: ClassVar[str] = "vision transformer over feature tokens in any order, XNN's recogniser"
    options_type: ClassVar[type[NetworkOptions]] = RecNetOptions

    def __init__(self, shape: Shape, classes: int, options: RecNetOptions) -> None:
        super().__init__(shape, classes, options)
        width = options.width or shape[0]
        self.token_norm = nn.LayerNorm(shape[0]) if options.token_norm else nn.Identity()
        self.to_width = nn.Identity() if width == shape[0] else nn.Linear(shape[0], width)
        self.class_token = nn.Parameter(0.02 * torch.randn(width)) if options.pool == "class" else None
        self.blocks = TransformerBlocks(
            width, options.heads, options.depth, options.mlp_ratio, options.dropout
        )
        self.last_norm = nn.LayerNorm(width)
        self.embedding_size = width
        self.head = (
            nn.Linear(width, classes)
            if options.head == "linear"
            else CosineHead(width, classes, options.scale)
        )

    def features(self, images: Tensor) -> Tensor:
        """The class token, or the mean of all tokens, after the last block: ``width`` numbers, normalised."""
        tokens = self.to_width(self.token_norm(images.flatten(2).transpose(1, 2)))
        if self.class_token is not None:
            first = self.class_token.to(tokens.dtype).expand(tokens.shape[0], 1, -1)
            tokens = torch.cat([first, tokens], 1)
        tokens = self.blocks(tokens)
        pooled = tokens.mean(1) if self.class_token is None else tokens[:, 0]
        out: Tensor = self.last_norm(pooled)
        return out
