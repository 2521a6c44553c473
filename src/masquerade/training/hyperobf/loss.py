"""HyperObf's loss: nets that classify well, and that differ."""

from collections.abc import Mapping

import torch
from torch import Tensor
from torch.nn import functional

from masquerade.networks.cloaks.masknet import MaskNetStructure
from masquerade.networks.cloaks.weight_generators import he


def cross_entropy(scores: Tensor, labels: Tensor, label_smoothing: float = 0.0) -> Tensor:
    """Mean cross-entropy over nets and images.

    Args:
        scores: ``(b, n, classes)``, of b nets for the same images.
        labels: int64 ``(n,)``.
        label_smoothing: Share of the target spread over all classes.
    """
    return functional.cross_entropy(
        scores.flatten(0, 1), labels.repeat(len(scores)), label_smoothing=label_smoothing
    )


def weight_variance(weights: Mapping[str, Tensor], scales: Mapping[str, float] | None = None) -> Tensor:
    """How much weights differ between nets: variance over the nets, mean over entries, sum over tensors.

    Args:
        weights: ``(b, *shape)`` of each name, b nets, 2 or more.
        scales: What each tensor is divided by first; without it the published form.
    """
    terms = (
        tensor.var(0).mean() / (scales[name] ** 2 if scales else 1.0) for name, tensor in weights.items()
    )
    return torch.stack(list(terms)).sum()


def diversity_loss(variance: Tensor, weight: float, threshold: float) -> Tensor:
    """``max(weight * exp(-variance) - threshold, 0)``: the published code's, where the thesis has other forms."""
    return (weight * torch.exp(-variance) - threshold).clamp(min=0)


def fresh_scales(structure: MaskNetStructure) -> dict[str, float]:
    """Standard deviation of a structure's fresh weights, by name."""
    return {name: he(shape) for name, shape in structure.shapes().items()}
