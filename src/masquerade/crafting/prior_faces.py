"""Faces of the prior, of which each photo gets one of its own to be drawn to; this project's own."""

from typing import Final, final

import torch
from torch import Tensor

from masquerade.crafting.reconstruction import LatentDecoder
from masquerade.errors import UsageError

_PART: Final = 32


@final
class PriorFaces:
    """Images of latents of the prior, and their features.

    Args:
        rebuild: Generator and encoder.
        pool: Latents ``(p, d)``, standard normal.

    Raises:
        UsageError: If the pool is empty or of other latents.
    """

    def __init__(self, rebuild: LatentDecoder, pool: Tensor) -> None:
        if pool.ndim != 2 or not len(pool) or pool.shape[1] != rebuild.latents:
            raise UsageError(
                "not a pool of latents",
                value=f"shape {tuple(pool.shape)}, expected (p, {rebuild.latents})",
                remedy="Draw latents for this generator.",
            )
        with torch.no_grad():
            self.images = torch.cat([rebuild.images(some) for some in torch.split(pool, _PART)])
            self.features = torch.cat([rebuild.encode(some) for some in torch.split(self.images, _PART)])

    def nearest(self, features: Tensor, order: Tensor, choices: int) -> Tensor:
        """Number of the face for each photo: of those that come first in its order, the one most like it.

        Args:
            features: ``(n, *shape)`` of the photos.
            order: Numbers ``(n, p)`` drawn at random; the smallest come first.
            choices: How many come into question, 1 to p.

        Returns:
            ``(n,)``, the smallest mean squared difference of features among them.
        """
        asked = order.argsort(dim=1)[:, :choices].to(features.device)
        apart = torch.empty(asked.shape, device=features.device)
        for row, one in enumerate(features):
            apart[row] = (self.features[asked[row]] - one).square().flatten(1).mean(1)
        return asked.gather(1, apart.argmin(1, keepdim=True)).squeeze(1)
