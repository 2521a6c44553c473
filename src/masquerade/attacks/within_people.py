"""How features differ within people, as public people show: axes, covariance, and the map that evens it out."""

import torch
from torch import Tensor


def principal_axes(features: Tensor, size: int) -> tuple[Tensor, Tensor]:
    """Mean ``(d,)`` and so many principal axes ``(d, k)`` at most, the strongest first; in float64 inside.

    Args:
        features: ``(n, d)``.
        size: Axes wanted; there are no more than ``n - 1`` or ``d``.
    """
    mean = features.double().mean(0)
    centred = features.double() - mean
    count, numbers = centred.shape
    k = max(1, min(size, count - 1, numbers))
    if count <= numbers:
        values, vectors = torch.linalg.eigh(centred @ centred.T)
        axes = centred.T @ vectors[:, -k:].flip(1) / values[-k:].flip(0).clamp_min(1e-12).sqrt()
    else:
        axes = torch.linalg.eigh(centred.T @ centred).eigenvectors[:, -k:].flip(1)
    return mean.to(features.dtype), axes.to(features.dtype)


def within_covariance(placed: Tensor, labels: Tensor) -> Tensor:
    """Covariance within people ``(k, k)`` of ``(n, k)``; of everything where too few people have two photos.

    Args:
        placed: Features along axes.
        labels: People, numbered from 0 without gaps.
    """
    counts = torch.bincount(labels).to(placed.dtype).clamp(min=1)
    means = torch.zeros(len(counts), placed.shape[1], dtype=placed.dtype).index_add_(0, labels, placed)
    rest = (placed - (means / counts[:, None])[labels])[counts[labels] > 1]
    rest = rest if len(rest) > placed.shape[1] else placed - placed.mean(0)
    return rest.T @ rest / len(rest)


def whitening_map(covariance: Tensor) -> Tensor:
    """The map ``(k, k)`` after which this covariance is even; the caller has added what keeps it positive definite."""
    values, vectors = torch.linalg.eigh(covariance.double())
    root = vectors * values.clamp_min(1e-9 * float(values[-1])).rsqrt()
    even: Tensor = root.to(covariance.dtype)
    return even
