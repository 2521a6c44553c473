"""Which released block is which of the photo: how blocks depend on each other tells it, without a name or a pair."""

from typing import Final

import numpy as np
import torch
from torch import Tensor

from masquerade.attacks.people.evidence import normal_by_rank, standardised
from masquerade.attacks.people.search import Puzzle
from masquerade.attacks.people.walk import Floats, Whole

_RHO: Final = 0.95
"""Correlation of dependences on the two sides: that of faces under noise is .99."""
_RHO_ALONE: Final = 0.8
_RESTARTS: Final = 6
_SEARCHES: Final = 4
_PROPOSALS: Final = 300_000
MOST_LAYOUTS: Final = 2
"""A face and its mirror image: they cannot be told apart until people are named."""


def layouts(released: Tensor, gallery: Tensor, rng: np.random.Generator) -> list[Whole]:
    """The likeliest places of released blocks in photos, best first, ``(blocks,)`` each.

    Args:
        released: Vectors ``(blocks, n, d)``.
        gallery: Vectors of other photos ``(blocks, m, d)``.
        rng: The attacker's randomness.
    """
    here, there = (_dependence(rows) for rows in (released, gallery))
    facts = [normal_by_rank(side[1]) for side in (here, there)]
    apart = facts[0][:, None] - _RHO_ALONE * facts[1][None, :]
    alone = -apart * apart / (2 * (1 - _RHO_ALONE**2))
    tables = [standardised(side[0], True)[None] for side in (here, there)]
    puzzle = Puzzle.of(tables[0], tables[1], [_RHO], alone)
    ends = [puzzle.search(rng, _RESTARTS, _PROPOSALS) for _ in range(_SEARCHES)]
    found: list[Whole] = []
    for end in sorted(ends, key=lambda end: end.cost):
        if not any((end.names == names).all() for names in found):
            found.append(end.names)
    return found[:MOST_LAYOUTS]


def _dependence(rows: Tensor) -> tuple[Floats, Floats]:
    """How much blocks depend on each other (linear CKA: Kornblith and others 2019), and how few directions each has."""
    centred = rows - rows.mean(1, keepdim=True)
    blocks = len(centred)
    shared = torch.stack([(centred[b].T @ centred).square().sum((1, 2)) for b in range(blocks)])
    own = shared.diagonal()
    lengths = own.sqrt().clamp_min(1e-300)
    energy = centred.square().sum((1, 2)).square().clamp_min(1e-300)
    return (shared / lengths[:, None] / lengths[None, :]).numpy(), (own / energy).numpy()
