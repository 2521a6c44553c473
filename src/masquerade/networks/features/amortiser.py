"""The amortiser: features to the latent that reconstructs them, in one pass (Crafter, appendix M)."""

from typing import Final, final

from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor, nn

from masquerade.errors import UsageError
from masquerade.networks.features.upsampling import doublings

_LAST: Final = 2
_SLOPE: Final = 0.2


@final
class AmortiserOptions(BaseModel):
    """Sizes of an amortiser.

    Args:
        features: Channels, height and width of the features; height and width 2 doubled once or more.
        latents: Numbers of a latent.
        width: Maps of the first layer, 128 in the paper; the second has four times, all others eight times
            as many.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    features: tuple[int, int, int]
    latents: int = Field(100, ge=1, le=8192)
    width: int = Field(128, ge=1, le=512)


@final
class Amortiser(nn.Module):
    """Strided 4x4 convolutions down to 2x2 maps, a 2x2 convolution, and a 1x1 convolution to the latent.

    Args:
        options: Its sizes.

    Raises:
        UsageError: If the features are not square, or their side is not 2 doubled.
    """

    def __init__(self, options: AmortiserOptions) -> None:
        super().__init__()
        self.options = options
        c, h, w = options.features
        if h != w:
            raise UsageError(
                "an amortiser takes square features", value=f"{h}x{w}", remedy="Take square photos."
            )
        modules: list[nn.Module] = []
        for layer in range(doublings(_LAST, h)):
            maps = options.width * (1, 4, 8)[min(layer, 2)]
            modules += [nn.Conv2d(c, maps, 4, 2, padding=1), *_normed(maps)]
            c = maps
        hidden = 4 * options.width
        modules += [nn.Conv2d(c, hidden, _LAST), *_normed(hidden), nn.Conv2d(hidden, options.latents, 1)]
        self.layers = nn.Sequential(*modules, nn.Flatten())

    def forward(self, features: Tensor) -> Tensor:
        """Latents ``(n, latents)`` of features ``(n, c, h, w)``.

        Raises:
            UsageError: If the features have another shape.
        """
        if tuple(features.shape[1:]) != self.options.features:
            raise UsageError(
                "features of another shape than the amortiser takes",
                value=f"{tuple(features.shape[1:])}, expected {self.options.features}",
                remedy="Train an amortiser for this encoder.",
            )
        latents: Tensor = self.layers(features)
        return latents


def _normed(maps: int) -> tuple[nn.Module, nn.Module]:
    return nn.BatchNorm2d(maps), nn.LeakyReLU(_SLOPE)
