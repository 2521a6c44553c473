"""Photos and places matched in turn, then photos by their resemblance to landmarks."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, final

import torch
from torch import Tensor

from masquerade.attacks.assignment import assign
from masquerade.attacks.baselines.neuracrypt_order import gram_vectors, sizes

FEWEST: Final = 4
"""Mutual matches under which nothing is concluded from them."""


@final
@dataclass(frozen=True)
class Sides:
    """What is matched: codes ``(photos, t, d)``, each side in an order of places of its own.

    Args:
        released: Codes under the owner's key.
        own: Codes of the candidates under several keys of the attacker's.
    """

    released: Tensor
    own: Sequence[Tensor]

    def by_sizes(self, places: Tensor) -> Tensor:
        """Similarity ``(n, m)`` of sizes, candidates read in the order ``places``."""
        known = torch.stack([sizes(codes) for codes in self.own]).mean(0)
        return correlation(sizes(self.released), known[:, places])

    def places(self, similarity: Tensor, *, grams: bool) -> Tensor | None:
        """The candidates' place that goes with each released one, judged by mutually matched photos.

        Args:
            similarity: ``(n, m)``.
            grams: Whether places are compared by who resembles whom there too, beside sizes. Better once most
                matches are right; before, it confirms the wrong ones.

        Returns:
            int64 ``(t,)``, or None if too few photos match.
        """
        rows, found = certain(similarity, len(similarity))
        if len(rows) < FEWEST:
            return None
        seen = self.released[rows]
        affinity = torch.zeros(seen.shape[1], seen.shape[1])
        for codes in self.own:
            known = codes[found]
            affinity += _standardised(sizes(seen)).T @ _standardised(sizes(known)) / len(rows)
            if grams:
                affinity += gram_vectors(seen) @ gram_vectors(known).T
        return assign(affinity)

    def by_landmarks(self, similarity: Tensor, places: Tensor, landmarks: int) -> Tensor:
        """Similarity of how photos resemble the most certain matches, place by place.

        Args:
            similarity: So far, ``(n, m)``; it is returned where too few photos match.
            places: The order that candidates' codes are read in.
            landmarks: Matches taken, at most.
        """
        rows, found = certain(similarity, landmarks)
        if len(rows) < FEWEST:
            return similarity
        seen = _resemblances(self.released, rows)
        known = torch.zeros(len(self.own[0]), seen.shape[1])
        for codes in self.own:
            known += _resemblances(codes[:, places], found)
        return correlation(seen, known)


def certain(similarity: Tensor, most: int) -> tuple[Tensor, Tensor]:
    """Mutual matches that win by most: rows and their candidates."""
    best, margin, is_mutual = mutual(similarity)
    order = margin.where(is_mutual, -torch.inf).argsort(descending=True)
    rows = order[: min(most, int(is_mutual.sum()))]
    return rows, best[rows]


def same_columns(left: Tensor, right: Tensor) -> Tensor:
    """For each column of ``left`` the one of ``right`` that goes with it over the same rows, int64 ``(t,)``."""
    a, b = _standardised(left), _standardised(right)
    return assign(a.T @ b)


def mutual(similarity: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Best candidate of each row, by how much it wins, and whether the row is the candidate's best too."""
    top = similarity.topk(2, dim=1)
    best = top.indices[:, 0]
    is_mutual = similarity.argmax(0)[best] == torch.arange(len(similarity))
    return best, top.values[:, 0] - top.values[:, 1], is_mutual


def correlation(left: Tensor, right: Tensor) -> Tensor:
    """Correlation of every row with every row, columns standardised first."""
    a, b = (_centred(_standardised(side)) for side in (left, right))
    found: Tensor = a @ b.T
    return found


def _resemblances(codes: Tensor, rows: Tensor) -> Tensor:
    """Inner products with the landmarks' codes, place by place, ``(n, t * landmarks)``.

    Codes count from the landmarks' mean: these are the same photos on both sides, all photos are not.
    """
    apart = (codes - codes[rows].mean(0)).transpose(0, 1)
    return (apart @ apart[:, rows].mT).transpose(0, 1).flatten(1)


def _standardised(rows: Tensor) -> Tensor:
    return (rows - rows.mean(0)) / rows.std(0).clamp_min(1e-9)


def _centred(rows: Tensor) -> Tensor:
    rows = rows - rows.mean(1, keepdim=True)
    lengths: Tensor = rows.norm(dim=1, keepdim=True)
    return rows / lengths.clamp_min(1e-9)
