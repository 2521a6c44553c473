"""Generators of faces from latents (Crafter, appendix on networks; Gulrajani et al. 2017 for the training)."""

from typing import Final, Literal, Self, final

from pydantic import ConfigDict, Field, model_validator
from torch import Tensor, nn

from masquerade.explained import Explained
from masquerade.networks.features.latents import require_latents
from masquerade.networks.features.upsampling import doublings, grow


@final
class WGANGeneratorOptions(Explained):
    """Sizes of a generator.

    Args:
        latents: Numbers of a latent, standard normal.
        side: Height and width of the images, ``start`` doubled once or more.
        start: Height and width of the first maps: 8 is the paper's G1, 4 its G2.
        width: Maps of the last hidden layer; each layer before has twice as many. 64 in the paper.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    latents: int = Field(100, ge=1, le=8192)
    side: int = Field(64, ge=8, le=512)
    start: Literal[4, 8] = 8
    width: int = Field(64, ge=1, le=512)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        doublings(self.start, self.side)
        return self


G1: Final = WGANGeneratorOptions(latents=500)
"""The paper's generator for CelebA at 64x64: 8x8 maps, doubled three times."""
G2: Final = WGANGeneratorOptions(latents=500, start=4)
"""The second generator, that the attack with another generator uses: 4x4 maps, doubled four times."""


@final
class WGANGenerator(nn.Module):
    """Latents to images: a full layer, then 5x5 transposed convolutions of stride 2.

    Args:
        options: Its sizes.
    """

    def __init__(self, options: WGANGeneratorOptions) -> None:
        super().__init__()
        self.options = options
        layers = doublings(options.start, options.side)
        first = options.width * 2 ** (layers - 1)
        self.enter = nn.Sequential(
            nn.Linear(options.latents, first * options.start**2, bias=False),
            nn.BatchNorm1d(first * options.start**2),
            nn.ReLU(),
            nn.Unflatten(1, (first, options.start, options.start)),
        )
        self.grow = grow(first, layers)

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """Channels, height and width of an image."""
        return 3, self.options.side, self.options.side

    def forward(self, latents: Tensor) -> Tensor:
        """Images ``(n, 3, side, side)``, 0 to 1, of latents ``(n, latents)``.

        Raises:
            UsageError: If the latents have another length.
        """
        require_latents(latents, self.options.latents)
        images: Tensor = self.grow(self.enter(latents))
        return images
