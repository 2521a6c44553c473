"""A few leaked pairs, then what they tell: ridge regression that learns on from its own surest matches.

Whatever is linear, or near it, about a protection is learned from released image to photo in closed form. Matches
that released images and candidates agree on become pairs of the next round, so that few pairs grow to many.
"""

from dataclasses import dataclass
from typing import ClassVar, Final, final

import numpy as np
import torch
from torch import Tensor

from masquerade.attacks.agreement import agreement, levelled
from masquerade.attacks.base import Attack, Control, Guess, Ranking, Sight, View
from masquerade.attacks.mutual_best import mutual_best
from masquerade.attacks.principal import leading_axes
from masquerade.attacks.ridge import Ridge
from masquerade.errors import NotApplicable

_LEAST_UNSURE: Final = 0.02
"""Smallest share of a coordinate's variance that is taken for unexplained."""
_FEWEST_AXES: Final = 8
"""Coordinates that are told from however few pairs; of more pairs there are more."""


@final
@dataclass(frozen=True)
class FewPairsRidge(Attack):
    """Maps released images to the candidates' principal coordinates, learned from leaked pairs.

    Args:
        axes: Principal coordinates of candidates at most.
        rounds: Times that the surest matches are learned from.
        growth: How many times as many matches each round takes as the one before.
    """

    name: ClassVar[str] = "few_pairs_ridge"
    needs: ClassVar[frozenset[Sight]] = frozenset({Sight.PAIRS, Sight.CANDIDATES})
    control: ClassVar[Control] = Control(
        "control-block4", "linkage", 0.9, "ours: with 16 pairs, one orthogonal matrix a block"
    )

    axes: int = 100
    rounds: int = 10
    growth: float = 1.5

    def run(self, view: View, rng: np.random.Generator) -> Guess:
        """How well each candidate's coordinates fit each released image, ``(n, m)``."""
        del rng  # nothing is drawn
        assert view.pairs is not None and view.candidates is not None  # noqa: S101, PT018  (the caller checked)
        if not len(view.pairs.originals):
            raise NotApplicable("no pair leaked", remedy="Say how many `pairs` the attacker has.")
        photos = _Coordinates.of(torch.cat([view.candidates, view.pairs.originals]).float(), self.axes)
        leaked, candidates = photos(view.pairs.originals), photos(view.candidates)
        held, seen = view.pairs.disguised.float().flatten(1), view.released.float().flatten(1)
        best = found = _fit(held, leaked, seen, candidates)
        most = agreement(levelled(found))
        matches = max(4.0, float(len(held)))
        for _ in range(self.rounds):
            matched, margin = mutual_best(levelled(found))
            rows = margin.argsort(descending=True)[: min(int(matches), len(seen))]
            rows = rows[margin[rows] > -torch.inf]
            x, y = torch.cat([held, seen[rows]]), torch.cat([leaked, candidates[matched[rows]]])
            found = _fit(x, y, seen, candidates)
            agreed = agreement(levelled(found))
            if agreed > most:
                best, most = found, agreed
            if matches >= len(seen):
                break
            matches *= self.growth
        return Ranking(levelled(best).float())


@dataclass(frozen=True)
class _Coordinates:
    """Principal coordinates of photos, each of variance 1."""

    mean: Tensor
    axes: Tensor

    @classmethod
    def of(cls, photos: Tensor, most: int) -> "_Coordinates":
        flat = photos.flatten(1).double()
        mean = flat.mean(0)
        axes = leading_axes(flat - mean, most)
        spread = ((flat - mean) @ axes).std(0).clamp_min(1e-9)
        return cls(mean, axes / spread)

    def __call__(self, photos: Tensor) -> Tensor:
        return (photos.double().flatten(1) - self.mean) @ self.axes


def _fit(rows: Tensor, targets: Tensor, seen: Tensor, candidates: Tensor) -> Tensor:
    """Log-likelihood ratio of each candidate for each seen image, ``(n, m)``."""
    k = min(targets.shape[1], max(_FEWEST_AXES, len(rows) + len(rows) // 4))
    targets, candidates = targets[:, :k], candidates[:, :k]
    ridge = Ridge.of(rows, targets)
    unsure = (targets - ridge.left_out).square().mean(0).clamp(_LEAST_UNSURE, 1.0)
    told, weight = ridge(seen), 1 / unsure - 1
    # what a coordinate says more than its variance of 1 beforehand: nothing where the rest is as unsure
    cross = (told / unsure) @ candidates.T
    return cross - (candidates.square() @ weight)[None] / 2 - (told.square() @ (1 / unsure))[:, None] / 2
