"""Crafter's three losses, each by itself (equations 5 to 8; the published code's factors as defaults)."""

from typing import Final

from torch import Tensor

PRIVACY_SCALE: Final = 100.0
"""Factor of the privacy loss in the published code."""
UTILITY_SCALE: Final = 100.0
"""Factor of the utility loss in the published code, beside beta."""
INVERSION_SCALE: Final = 2000.0
"""Factor of the inversion loss wherever the published code differentiates it twice: of the mean over a batch."""
PHOTO_SCALE: Final = INVERSION_SCALE / 128
"""The same for one photo of the published batch of 128: with it a step of .001 contracts on trained networks.

A photo's own mean times the whole 2,000 does not: Hessians of trained networks then have eigenvalues of thousands.
"""


def inversion_losses(features: Tensor, rebuilt: Tensor, scale: float = INVERSION_SCALE) -> Tensor:
    """``L_inv`` of each photo, ``(n,)``: the mean squared difference, times a scale.

    The paper writes an unsquared norm, which has the same minimum; the published code differentiates the mean over
    all of a batch, which is this one at ``scale / b``.

    Args:
        features: What the attacker has, ``(n, *shape)``.
        rebuilt: Features of what the attacker tries, ``(n, *shape)``.
        scale: Factor; the implicit gradient does not depend on it, its approximations do.
    """
    return scale * (features - rebuilt).square().flatten(1).mean(1)


def utility_loss(features: Tensor, originals: Tensor, scale: float = UTILITY_SCALE) -> Tensor:
    """``L_u``, a scalar: mean squared difference of crafted to original features ``(n, *shape)``, times a scale."""
    return scale * (features - originals).square().mean()


def privacy_loss(scores: Tensor, scale: float = PRIVACY_SCALE) -> Tensor:
    """``L_p`` as the features see it, a scalar: ``-E D(G(z*))``, which they make smaller (algorithm 1, line 10).

    Args:
        scores: The critic's, ``(n,)``, of images reconstructed from the features; high means like the prior's.
        scale: Factor.
    """
    return -scale * scores.mean()


def critic_loss(rebuilt: Tensor, prior: Tensor) -> Tensor:
    """What the critic makes smaller, a scalar: ``E D(G(z*)) - E D(G(z_r))`` (algorithm 1, line 7, less penalty).

    Its negative is the earth mover's distance that equation 8 maximises over critics.

    Args:
        rebuilt: Scores ``(m,)`` of reconstructed images.
        prior: Scores ``(m,)`` of the prior's images.
    """
    return rebuilt.mean() - prior.mean()
