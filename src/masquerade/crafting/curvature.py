"""The inversion loss around given latents: its slope, and products with its second derivatives."""

from functools import cached_property
from typing import final

import torch
from torch import Tensor

from masquerade.crafting.objective import INVERSION_SCALE, inversion_losses
from masquerade.crafting.reconstruction import LatentDecoder


@final
class Curvature:
    """``L_inv`` of each photo at its latent. Photos are independent, so all are worked on at once.

    What torch keeps of the networks' pass is reused by every product: each costs about one pass forward and one
    back. Forward-mode products (``torch.func.jvp``) would repeat the networks' pass each time.

    Args:
        rebuild: Generator and encoder.
        features: ``(n, *shape)``.
        latents: ``(n, d)``.
        scale: Factor of ``L_inv``.
    """

    def __init__(
        self, rebuild: LatentDecoder, features: Tensor, latents: Tensor, scale: float = INVERSION_SCALE
    ) -> None:
        self.products = 0
        self._features = features.detach().requires_grad_()
        self._latents = latents.detach().requires_grad_()
        self._rebuilt = rebuild.features(self._latents)
        losses = inversion_losses(self._features, self._rebuilt, scale)
        (self._slope,) = torch.autograd.grad(losses.sum(), self._latents, create_graph=True)
        self.losses = losses.detach()

    @cached_property
    def slope(self) -> Tensor:
        """``dL_inv/dz``, ``(n, d)``; zero where the latents are stationary."""
        return self._slope.detach()

    def hessian(self, vectors: Tensor) -> Tensor:
        """``(d2L_inv/dz2) v`` for each photo, ``(n, d)``."""
        self.products += 1
        return self._pulled(self._slope, self._latents, vectors)

    def gauss_newton(self, vectors: Tensor) -> Tensor:
        """``J'J v`` with the loss's factors, ``(n, d)``: the Hessian without the residual's part, never negative."""
        self.products += 1
        return self._pulled(self._rebuilt, self._latents, -self.mixed(vectors))

    def mixed(self, vectors: Tensor) -> Tensor:
        """``(d2L_inv/dF dz) v``, ``(n, *shape)``: algorithm 1's grad(dL_inv/dz, F, v), which is ``-J v`` scaled."""
        return self._pulled(self._slope, self._features, vectors)

    @staticmethod
    def _pulled(outputs: Tensor, inputs: Tensor, vectors: Tensor) -> Tensor:
        (product,) = torch.autograd.grad(outputs, inputs, vectors, retain_graph=True)
        return product
