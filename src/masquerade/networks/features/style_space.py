"""The styles of a style generator in the place of its latents: what inversions of such generators search.

Source: Abdal et al. 2019 ("W+"): a face that no latent gives may still have styles, one for each block.
"""

from typing import Final, final

import torch
from torch import Tensor, nn

from masquerade.networks.features.latents import require_latents
from masquerade.networks.features.style_generator import StyleGenerator

_DRAWN: Final = 2048
_SMALL: Final = 1e-6


@final
class StyleSpace(nn.Module):
    """A generator whose latents are the styles of another's blocks, by their mean and deviation over many faces.

    So a latent of zeros is the mean face, and one that is drawn has each style as far from it as a face's.

    Args:
        generator: The generator by styles; it is not copied.
    """

    mean: Tensor
    deviation: Tensor

    def __init__(self, generator: StyleGenerator) -> None:
        super().__init__()
        self.generator = generator
        size = generator.options.latents
        draws = torch.randn(_DRAWN, size, generator=torch.Generator().manual_seed(0))
        with torch.no_grad():
            styles = generator.styles(draws.to(next(generator.parameters())))
        self.register_buffer("mean", styles.mean(0))
        self.register_buffer("deviation", styles.std(0).clamp(min=_SMALL))
        self.latents = len(generator.blocks) * size

    def forward(self, latents: Tensor) -> Tensor:
        """Images ``(n, 3, side, side)``, 0 to 1, of latents ``(n, self.latents)``.

        Raises:
            UsageError: If the latents have another length.
        """
        require_latents(latents, self.latents)
        own = latents.view(len(latents), len(self.generator.blocks), -1)
        return self.generator.image((self.mean + self.deviation * own).unbind(1))
