"""How much MaskNets differ: by their answers, by their weights, by their features. Over all pairs.

The published measure of answers takes raw scores, clipped to 0 to 1, for distributions, and batches of one net
for nets; its numbers mean nothing. Here scores become distributions by softmax, and every pair of nets answers
for the same fixed photos.
"""

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from masquerade.networks.cloaks.masknet import MaskNet

_PART = 64


def symmetric_divergence(scores: Tensor) -> Tensor:
    """KL(p, q) + KL(q, p) of the answers of each pair of nets, mean over photos.

    Args:
        scores: ``(m, n, classes)``, before softmax, of m nets for the same n photos.

    Returns:
        float64 ``(m * (m - 1) / 2,)``, nats; pairs in the order (0, 1), (0, 2), ... 0 for nets that answer alike.
    """
    logs = scores.double().log_softmax(2)
    shares = logs.exp()
    return torch.cat(
        [
            ((shares[i] - shares[i + 1 :]) * (logs[i] - logs[i + 1 :])).sum(2).mean(1)
            for i in range(len(scores) - 1)
        ]
    )


def feature_distance(features: Tensor) -> Tensor:
    """Distance of the features of each pair of nets, both of length 1, mean over photos: 0 to 2.

    It means something for nets under one classifier. Nets trained apart order their features each in their own way.

    Args:
        features: ``(m, n, f)``, of m nets for the same n photos.

    Returns:
        float64 ``(m * (m - 1) / 2,)``, pairs as in ``symmetric_divergence``.
    """
    unit = functional.normalize(features.double(), dim=2)
    return torch.cat([(unit[i] - unit[i + 1 :]).norm(dim=2).mean(1) for i in range(len(unit) - 1)])


@torch.no_grad()
def all_features(nets: Sequence[MaskNet], photos: Tensor) -> Tensor:
    """Features of photos by each net.

    Args:
        nets: m nets of one number of features.
        photos: ``(n, 3, h, w)``, uint8 or floating, 0 to 255.

    Returns:
        float32 ``(m, n, f)``.
    """
    return torch.stack([torch.cat([net(part) for part in _parts(photos)]) for net in nets])


@torch.no_grad()
def all_scores(features: Tensor, classifier: nn.Linear) -> Tensor:
    """Scores ``(m, n, classes)`` of features ``(m, n, f)`` under a shared classifier."""
    scores: Tensor = classifier(features)
    return scores


def _parts(photos: Tensor) -> Iterator[Tensor]:
    return iter(torch.split(photos, _PART))
