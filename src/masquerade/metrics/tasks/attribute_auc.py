"""Utility of protected features: how well the cloud tells attributes from them (Crafter, section VI-A)."""

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import stats
from torch import Tensor

from masquerade.errors import NotMeasurable
from masquerade.metrics import intervals
from masquerade.metrics.base import Score

_LEVEL = 0.975


def attribute_auc(logits: Tensor, attributes: Tensor, people: Tensor) -> Score:
    """Mean over attributes of the area under the ROC curve, 0 to 1; the interval by a jackknife over people.

    Attributes that all photos or none have are left out: see ``measurable``.

    Args:
        logits: ``(n, a)``.
        attributes: bool ``(n, a)``.
        people: Person of each photo, int64 ``(n,)``.

    Raises:
        NotMeasurable: If no attribute is left.
    """
    kept = measurable(attributes)
    if not bool(kept.any()):
        raise NotMeasurable(
            "no attribute has both answers", value=len(attributes), remedy="Take more photos."
        )
    _, person = np.unique(people.numpy(), return_inverse=True)
    groups = int(person.max()) + 1
    left_out = (person[None] != np.arange(groups)[:, None]).astype(np.float64)
    weights = np.concatenate([np.ones((1, len(person))), left_out])
    pairs = zip(logits[:, kept].double().numpy().T, attributes[:, kept].numpy().T, strict=True)
    values = np.nanmean([_areas(scores, truth, weights) for scores, truth in pairs], axis=0)
    whole, jackknife = float(values[0]), values[1:]
    low, high = 0.0, 1.0
    if groups > 1:
        spread = np.sqrt((groups - 1) / groups * np.square(jackknife - jackknife.mean()).sum())
        reach = float(spread * stats.t.ppf(_LEVEL, groups - 1))
        low, high = max(0.0, whole - reach), min(1.0, whole + reach)
    return Score("attribute_auc", whole, 0.5, low, high, len(person), groups)


def measurable(attributes: Tensor) -> Tensor:
    """Which attributes, bool ``(a,)``, some photos have and some have not."""
    return attributes.any(0) & ~attributes.all(0)


def attribute_agreement(logits: Tensor, plain: Tensor, people: Tensor) -> Score:
    """Share of answers that are the same as on unprotected features, where no right ones are known.

    Args:
        logits: ``(n, a)``, of protected features.
        plain: ``(n, a)``, of unprotected ones.
        people: Person of each photo, int64 ``(n,)``.

    Returns:
        The share; its chance is that of always giving each attribute's more frequent answer.
    """
    said = plain > 0
    alike = ((logits > 0) == said).double().mean(1)
    often = said.double().mean(0)
    low, high = intervals.mean(alike.numpy(), people, (0.0, 1.0))
    chance = float(torch.maximum(often, 1 - often).mean())
    distinct = intervals.distinct(people)
    return Score("attribute_agreement", float(alike.mean()), chance, low, high, len(alike), distinct)


def _areas(
    scores: NDArray[np.float64], truth: NDArray[np.bool_], weights: NDArray[np.float64]
) -> NDArray[np.float64]:
    """The area under one attribute's curve for each row of weights; ties count half, no answer is NaN."""
    values, place = np.unique(scores, return_inverse=True)
    level = np.zeros((len(scores), len(values)))
    level[np.arange(len(scores)), place] = 1
    positive, negative = (weights * truth) @ level, (weights * ~truth) @ level
    below = np.cumsum(negative, axis=1) - negative / 2
    total = positive.sum(1) * negative.sum(1)
    area = np.full(len(weights), np.nan)
    np.divide((positive * below).sum(1), total, out=area, where=total > 0)
    return area
