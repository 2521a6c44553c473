"""How well two sides agree on who belongs to whom: judges a similarity, or weighs several, without the truth."""

from collections.abc import Iterable
from typing import Final

import numpy as np
import torch
from torch import Tensor

from masquerade.attacks.mutual_best import mutual_best

_LITTLE: Final = 0.005
"""Of a lead; smaller ones are rounding."""
_NEIGHBOURS: Final = 10
"""Largest similarities of a column whose mean is taken off: photos that resemble everybody win nobody."""


def agreement(similarity: Tensor) -> float:
    """Share of released images whose best candidate has them as its best, above what chance gives; 1 at most.

    For n images and m candidates whose similarities mean nothing, n / (n + m) are mutual.
    """
    n, m = similarity.shape
    by_chance = n / (n + m)
    share = float((mutual_best(similarity)[1] > -torch.inf).float().mean())
    return (share - by_chance) / (1 - by_chance)


def levelled(similarity: Tensor) -> Tensor:
    """The same with hubs taken off and each row brought to mean 0 and spread 1."""
    hubs = similarity.topk(min(_NEIGHBOURS, len(similarity)), dim=0).values.mean(0)
    level = similarity - hubs
    level = level - level.mean(1, keepdim=True)
    return level / level.std(1, keepdim=True).clamp_min(1e-9)


def decided(similarity: Tensor) -> float:
    """How clearly the two sides decide: mean lead of each image's best candidate where it is mutual, in row spreads.

    Args:
        similarity: ``(n, m)``, levelled.
    """
    lead = mutual_best(similarity)[1]
    return float(torch.where(lead.isfinite(), lead, 0).mean())


def combined(similarities: Iterable[tuple[Tensor, Tensor]]) -> Tensor:
    """One similarity out of several: the one, or the weighted sum of all, that decides most clearly.

    Numbers of high or of low dimension decide by themselves, rightly or not; so each is held against how the
    candidates decide among strangers, each one's similarity to itself left out.

    Args:
        similarities: Pairs of a similarity ``(n, m)`` and that of some candidates to all, ``(k, m)``; at least one.

    Returns:
        ``(n, m)``, rows of mean 0 and spread 1.
    """
    totals: list[Tensor] = []
    best, most = Tensor(), -torch.inf
    for pair in similarities:
        seen, strangers = (levelled(side) for side in pair)
        worth = _worth(seen, strangers)
        weight = max(worth, 0.0) ** 2
        if not totals:
            totals = [torch.zeros_like(seen), torch.zeros_like(strangers)]
        totals = [total + weight * side for total, side in zip(totals, (seen, strangers), strict=True)]
        if worth > most:
            best, most = seen, worth
    return (
        levelled(totals[0]) if most > 0 and _worth(levelled(totals[0]), levelled(totals[1])) > most else best
    )


def _worth(seen: Tensor, strangers: Tensor) -> float:
    """Logarithm of how many times as clearly released images decide as strangers do."""
    return float(np.log((decided(seen) + _LITTLE) / (decided(strangers) + _LITTLE)))
