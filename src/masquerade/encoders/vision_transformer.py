"""A vision transformer that gives all its tokens: ExtNet of XNN, and what MoCo-v3 trains."""

from typing import Annotated, final

import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor, nn

from masquerade.encoders.positions import sin_cos
from masquerade.errors import UsageError
from masquerade.networks.classifiers.vit import TransformerBlocks

_MIDDLE, _SPREAD = 127.5, 64.0
"""Grey level and spread that pixels are normalised by: about those of photos of faces."""


@final
class ViTOptions(BaseModel):
    """What a vision transformer is made of.

    Args:
        side: Height and width of the photos, in pixels; a multiple of ``patch``.
        patch: Side of a patch in pixels; each becomes a token.
        width: Numbers of a token; a multiple of 4 and of ``heads``.
        heads: Attention heads.
        depth: Number of blocks.
        norm: Whether each token is normalised at the end, to mean 0 and variance 1.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    side: Annotated[int, Field(ge=1, le=2048)] = 112
    patch: Annotated[int, Field(ge=1, le=256)] = 16
    width: Annotated[int, Field(ge=4, le=8192)] = 192
    heads: Annotated[int, Field(ge=1, le=256)] = 3
    depth: Annotated[int, Field(ge=1, le=128)] = 5
    norm: bool = True

    @property
    def grid(self) -> int:
        """Rows, and columns, of patches."""
        return self.side // self.patch


@final
class VisionTransformer(nn.Module):
    """Patches to tokens, fixed positions, a class token before them, transformer blocks.

    The patch projection keeps its random weights, as MoCo-v3 found steadier to train. The last
    normalisation has no parameters, so that a network cut after any block has one.

    Args:
        options: Sizes.

    Raises:
        UsageError: If the sizes do not fit together.
    """

    positions: Tensor

    def __init__(self, options: ViTOptions) -> None:
        super().__init__()
        if options.side % options.patch:
            raise UsageError(
                "patches do not tile the photos",
                value=f"{options.side} pixels in patches of {options.patch}",
                remedy="Take a patch whose multiple the photo's side is.",
            )
        self.options = options
        self.patches = nn.Conv2d(3, options.width, options.patch, options.patch)
        self.patches.requires_grad_(False)
        self.class_token = nn.Parameter(torch.randn(options.width) * 0.02)
        places = sin_cos(options.width, options.grid, options.grid)
        self.register_buffer("positions", places, persistent=False)
        self.blocks = TransformerBlocks(options.width, options.heads, options.depth)
        self.norm: nn.Module = nn.Identity()
        if options.norm:
            self.norm = nn.LayerNorm(options.width, elementwise_affine=False)
        nn.init.xavier_uniform_(self.patches.weight.flatten(1))
        if self.patches.bias is not None:
            nn.init.zeros_(self.patches.bias)

    def forward(self, images: Tensor, places: Tensor | None = None) -> Tensor:
        """Tokens of photos, the class token first.

        Args:
            images: float32 ``(n, 3, side, side)``, values 0 to 255.
            places: int64 ``(n, t)``, the patches that the network sees of each photo; all if None.

        Returns:
            ``(n, 1 + grid**2, width)``, or ``(n, 1 + t, width)``.
        """
        patches: Tensor = self.patches((images - _MIDDLE) / _SPREAD)
        tokens = patches.flatten(2).transpose(1, 2) + self.positions
        if places is not None:
            tokens = tokens.take_along_dim(places[:, :, None], dim=1)
        first = self.class_token.expand(tokens.shape[0], 1, -1)
        out: Tensor = self.norm(self.blocks(torch.cat([first, tokens], dim=1)))
        return out

    def cut(self, depth: int) -> "VisionTransformer":
        """A network of the first ``depth`` blocks, with copies of their weights."""
        with torch.random.fork_rng(devices=[]):  # weights are drawn only to be replaced
            shallow = VisionTransformer(self.options.model_copy(update={"depth": depth}))
        kept = set(shallow.state_dict())
        shallow.load_state_dict({name: t for name, t in self.state_dict().items() if name in kept})
        return shallow
