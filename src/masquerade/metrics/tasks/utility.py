"""Utility: the accuracy of a model on images that it has not seen."""

import torch
from torch import Tensor

from masquerade.metrics import intervals
from masquerade.metrics.base import Score


def utility(probabilities: Tensor, labels: Tensor, units: Tensor | None = None) -> Score:
    """Share of images whose most probable class is the right one, 0 to 1.

    Args:
        probabilities: Of each class, ``(n, k)``.
        labels: Right classes, int64 ``(n,)``.
        units: What to resample by, int64 ``(n,)``; the classes if None, which is right where they are people.
            Where they are digits or things, number the images.

    Returns:
        The accuracy; its chance is the share of the largest class.
    """
    hits = (probabilities.argmax(1) == labels).double()
    clusters = labels if units is None else units
    low, high = intervals.share(hits.numpy(), clusters)
    people = intervals.distinct(clusters)
    return Score("utility", float(hits.mean()), largest_share(labels), low, high, len(hits), people)


def largest_share(labels: Tensor) -> float:
    """Share of the most frequent label."""
    return float(torch.unique(labels, return_counts=True)[1].max()) / len(labels)
