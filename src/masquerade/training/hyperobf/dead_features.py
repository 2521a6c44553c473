"""Notices MaskNets that answer alike whatever they see: their training has failed, and cloaks would do nothing."""

from math import log
from typing import Final

from torch import Tensor

from masquerade.errors import DeadFeatures

FEWEST_LIVE: Final = 0.1
"""Least share of a net's features that must be live."""
_LIVE: Final = 1e-3
_LEARNED: Final = 0.98


def live_share(features: Tensor) -> Tensor:
    """Share of each net's features that differ between photos.

    Args:
        features: ``(m, n, f)``, of m nets for the same n photos, 2 or more.

    Returns:
        ``(m,)``, 0 to 1. A feature is live if its deviation is more than a thousandth of the net's mean magnitude.
    """
    spread = features.std(1)
    return (spread > _LIVE * features.square().mean((1, 2)).sqrt()[:, None]).float().mean(1)


def require_live(features: Tensor) -> None:
    """Check that features differ between photos.

    Args:
        features: ``(m, n, f)``.

    Raises:
        DeadFeatures: If in some net fewer than a tenth do.
    """
    least = float(live_share(features).min())
    if not least >= FEWEST_LIVE:
        raise DeadFeatures(
            "a MaskNet gives the same features for every photo",
            value=f"{least:.1%} of its features are live",
            remedy="Lower learning_rate, or weight; train with another seed.",
        )


def require_learned(cross_entropy: float, classes: int) -> None:
    """Check that a training came further than naming all people with the same certainty.

    Raises:
        DeadFeatures: If the cross-entropy is still that of chance.
    """
    if not cross_entropy < _LEARNED * log(classes):
        raise DeadFeatures(
            "training has learned nothing",
            value=f"cross-entropy {cross_entropy:.2f} of {classes} people, by chance {log(classes):.2f}",
            remedy="Lower weight or learning_rate, give more photos, or train with another seed.",
        )
