"""The critic that tells reconstructed faces from the prior's (Crafter, section IV; that of GMI's code)."""

from typing import Final, final

import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Generator, Tensor, nn

from masquerade.networks.features.upsampling import doublings

_SLOPE: Final = 0.2
_LAST: Final = 4
"""Height and width of the last maps."""


@final
class CriticOptions(BaseModel):
    """Sizes of a critic.

    Args:
        side: Height and width of the images, 4 doubled once or more.
        width: Maps of the first layer; each next has twice as many. 64 in the paper.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    side: int = Field(64, ge=8, le=512)
    width: int = Field(64, ge=1, le=512)


@final
class Critic(nn.Module):
    """Images to scores: 5x5 convolutions of stride 2 down to 4x4, then one 4x4 convolution to a number.

    Instance normalisation with gains follows all layers but the first, so that a score depends on its image alone,
    as the gradient penalty asks.

    Args:
        options: Its sizes.
    """

    def __init__(self, options: CriticOptions) -> None:
        super().__init__()
        self.options = options
        width = options.width
        modules: list[nn.Module] = [nn.Conv2d(3, width, 5, 2, padding=2), nn.LeakyReLU(_SLOPE)]
        for _ in range(doublings(_LAST, options.side) - 1):
            modules += [
                nn.Conv2d(width, 2 * width, 5, 2, padding=2),
                nn.InstanceNorm2d(2 * width, affine=True),
                nn.LeakyReLU(_SLOPE),
            ]
            width *= 2
        self.layers = nn.Sequential(*modules, nn.Conv2d(width, 1, _LAST))

    def forward(self, images: Tensor) -> Tensor:
        """Scores ``(n,)`` of images ``(n, 3, side, side)``, 0 to 1."""
        scores: Tensor = self.layers(images)
        return scores.flatten()

    @torch.no_grad()
    def redraw(self, random: Generator) -> None:
        """New weights from a given generator, of torch's own distribution: uniform, by the fan in."""
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                bound = module.weight[0].numel() ** -0.5
                for tensor in (module.weight, module.bias):
                    if tensor is not None:
                        drawn = torch.rand(tensor.shape, generator=random, dtype=torch.float64)
                        tensor.copy_((2 * drawn - 1) * bound)
            elif isinstance(module, nn.InstanceNorm2d):
                module.reset_parameters()
