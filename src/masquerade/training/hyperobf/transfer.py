"""What a cloak made with one MaskNet does to the features of the others."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, final

import torch
from torch import Tensor
from torch.nn import functional

from masquerade.networks.cloaks.masknet import MaskNet
from masquerade.training.hyperobf.diversity import all_features

BOUND: Final = 15.0
"""Largest change of a pixel, in grey levels (HyperObf)."""
STEPS: Final = 10
_START = 0.5


@final
@dataclass(frozen=True)
class Transfer:
    """Cloaks of every net, seen by every net; means over photos and ordered pairs of different nets.

    Args:
        own: Distance of a cloaked photo's features from the photo's, both of length 1, by the cloak's own net.
        others: The same by the other nets.
        likeness: Cosine of the perturbations of the same photo by two nets.
    """

    own: float
    others: float
    likeness: float

    @property
    def kept(self) -> float:
        """Share of its distance that a cloak keeps on other nets."""
        return self.others / self.own if self.own else 0.0


def transfer(nets: Sequence[MaskNet], photos: Tensor, steps: int = STEPS) -> Transfer:
    """Measure how far cloaks reach.

    The cloaks are a quick stand-in for those that users get: steps along the sign of the gradient, within the
    published bound, without a limit of dissimilarity.

    Args:
        nets: Two MaskNets or more.
        photos: ``(n, 3, h, w)``, values 0 to 255.
        steps: Of each cloak.
    """
    photos = photos.float()
    clean = functional.normalize(all_features(nets, photos), dim=2)
    changes = torch.stack(
        [_change(net, photos, features, steps) for net, features in zip(nets, clean, strict=True)]
    )
    seen = torch.stack(
        [functional.normalize(all_features(nets, photos + change), dim=2) - clean for change in changes]
    )
    distance = seen.norm(dim=3).mean(2)
    unit = functional.normalize(changes.flatten(2), dim=2)
    alike = torch.einsum("inp,jnp->ij", unit, unit) / len(photos)
    apart = ~torch.eye(len(nets), dtype=torch.bool)
    return Transfer(
        float(distance.diagonal().mean()), float(distance[apart].mean()), float(alike[apart].mean())
    )


def _change(net: MaskNet, photos: Tensor, features: Tensor, steps: int) -> Tensor:
    """What is added to photos to move their features, whole photos within 0 to 255."""
    random = torch.Generator().manual_seed(0)
    # Off zero, where the gradient of the distance vanishes.
    change = (2 * torch.rand(photos.shape, generator=random) - 1) * _START
    for _ in range(steps):
        change.requires_grad_()
        moved = (functional.normalize(net(photos + change), dim=1) - features).square().sum()
        (slope,) = torch.autograd.grad(moved, change)
        change = (change.detach() + 2 * BOUND / steps * slope.sign()).clamp(-BOUND, BOUND)
        change = (photos + change).clamp(0, 255) - photos
    return change
