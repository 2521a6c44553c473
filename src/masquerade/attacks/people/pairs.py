"""What leaked pairs add: a linear map from released vectors to originals says whom a label looks like."""

from typing import Final

import numpy as np
import torch
from torch import Tensor

from masquerade.attacks.base import Pairs
from masquerade.attacks.people.sides import Cut, Side
from masquerade.attacks.people.walk import Floats
from masquerade.attacks.solving import solved

_RIDGE: Final = 0.1
"""Of the mean squared length of what leaked."""
_FEWEST: Final = 3
"""Pairs of which each can be tried with a map from the others."""
_UNTRIED: Final = 0.3
_MOST: Final = 4.0


def by_pairs(pairs: Pairs, cut: Cut, released: Side, gallery: Side) -> Floats:
    """Log likelihood ratios ``(labels, people)`` that a label is a person, by ridge regression on the pairs.

    Args:
        pairs: Originals and their disguised versions.
        cut: How vectors fall into blocks.
        released: The released vectors by label.
        gallery: The attacker's photos by person, not filtered.
    """
    here, there = _flat(released.means()), _flat(gallery.means())
    inputs = _flat(cut.released(pairs.disguised)) - here.mean(0)
    targets = _flat(cut.originals(pairs.originals)) - there.mean(0)
    here, there = here - here.mean(0), there - there.mean(0)
    gram, likeness = inputs @ inputs.T, targets @ targets.T
    found = here @ inputs.T @ _map(gram, targets @ there.T)
    worth = _worth(gram, likeness) if len(inputs) >= _FEWEST else _UNTRIED
    ratio: Floats = (worth * _apart(found)).numpy()
    return ratio


def _map(gram: Tensor, towards: Tensor) -> Tensor:
    ridge = _RIDGE * float(gram.diagonal().mean()) + 1e-12
    return solved(gram + ridge * torch.eye(len(gram), dtype=gram.dtype), towards)


def _worth(gram: Tensor, likeness: Tensor) -> float:
    """By how many deviations a pair's own original stands out, where the map is made without that pair."""
    by = []
    for k in range(len(gram)):
        others = torch.arange(len(gram)) != k
        found = gram[k, others] @ _map(gram[others][:, others], likeness[others])
        by.append(float((found[k] - found[others].mean()) / found[others].std().clamp_min(1e-12)))
    return float(np.clip(np.median(by), 0.0, _MOST))


def _apart(table: Tensor) -> Tensor:
    """Without what a row or a column has in common, in deviations."""
    table = table - table.mean(0) - (table - table.mean(0)).mean(1, keepdim=True)
    return table / table.std().clamp_min(1e-12)


def _flat(rows: Tensor) -> Tensor:
    return rows.permute(1, 0, 2).flatten(1)
