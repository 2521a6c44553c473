"""What a white-box attacker holds: generator and encoder in a row, latents to features."""

from collections.abc import Iterator
from copy import deepcopy
from typing import Final, TypeVar, final

import torch
from torch import Tensor, nn

from masquerade.crafting.frozen import frozen
from masquerade.errors import UsageError
from masquerade.networks.features.split import SplitNetwork

Shape = tuple[int, int, int]
SomeNetwork = TypeVar("SomeNetwork", bound=nn.Module)
_PART: Final = 16
"""Photos at a time: what a photo needs beside its result then fits into the processor's cache."""


@final
class LatentDecoder:
    """Latents to images, and on to the features that an inversion compares; public, and frozen.

    It works on copies in evaluation mode, so that a photo's features depend on its own latent alone.

    Args:
        generator: Latents ``(n, d)`` to images ``(n, 3, side, side)``, 0 to 1.
        split: The network whose first half is the encoder.
        latents: Numbers ``d`` of a latent.
        plain: Differentiate the networks as torch does, as the published code; otherwise copies that take 0.6 of
            the time for a Hessian product, with the same results.

    Raises:
        UsageError: If the generator's images are not what the encoder takes.
    """

    def __init__(
        self, generator: nn.Module, split: SplitNetwork, latents: int, *, plain: bool = False
    ) -> None:
        probe = next(split.parameters())
        self.generator = _copied(generator, plain=plain)
        self.split = _copied(split, plain=plain)
        self.latents = latents
        self.dtype, self.device = probe.dtype, probe.device
        with torch.no_grad():
            image = self.images(torch.zeros(1, latents, dtype=self.dtype, device=self.device))
        if tuple(image.shape[1:]) != (3, split.options.side, split.options.side):
            raise UsageError(
                "the generator's images are not what the encoder takes",
                value=f"{tuple(image.shape[1:])}, expected (3, {split.options.side}, {split.options.side})",
                remedy="Take a generator and an encoder of the same side.",
            )
        self.feature_shape: Shape = split.feature_shape

    def images(self, latents: Tensor) -> Tensor:
        """Images ``(n, 3, side, side)``, 0 to 1, of latents ``(n, d)``; differentiable."""
        images: Tensor = self.generator(latents)
        return images

    def encode(self, images: Tensor) -> Tensor:
        """Features ``(n, *feature_shape)`` of images of 0 to 1; differentiable."""
        return self.split.encode(images)

    def features(self, latents: Tensor) -> Tensor:
        """Features ``(n, *feature_shape)`` of latents ``(n, d)``; differentiable."""
        return self.encode(self.images(latents))


def _copied(network: SomeNetwork, *, plain: bool) -> SomeNetwork:
    return deepcopy(network).eval().requires_grad_(False) if plain else frozen(network)


def parts(count: int, size: int = _PART) -> Iterator[slice]:
    """Slices of at most ``size`` rows that make up ``count``."""
    return (slice(start, min(start + size, count)) for start in range(0, count, size))
