"""The gradient penalty that keeps a critic 1-Lipschitz (Gulrajani et al. 2017; Crafter, section II)."""

import torch
from torch import Tensor, nn


def gradient_penalty(critic: nn.Module, one: Tensor, other: Tensor, shares: Tensor) -> Tensor:
    """How far the critic's slope is from 1 between two sets of images, a scalar, differentiable in its weights.

    Args:
        critic: Images ``(m, 3, h, w)`` to scores ``(m,)``, each by itself.
        one: Images ``(m, 3, h, w)``.
        other: As many, of the other set.
        shares: Share of ``one`` in each mixture, ``(m,)``, drawn evenly from 0 to 1.

    Returns:
        The mean of ``(norm of the slope - 1)**2``.
    """
    weights = shares.to(one).view(-1, *[1] * (one.ndim - 1))
    between = (weights * one + (1 - weights) * other).detach().requires_grad_()
    (slopes,) = torch.autograd.grad(critic(between).sum(), between, create_graph=True)
    penalty: Tensor = (slopes.flatten(1).norm(dim=1) - 1).square().mean()
    return penalty
