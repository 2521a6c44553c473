"""Photos and places matched in turn, then photos by their resemblance to landmarks."""

from collections.abc import Sequence
from typing import Final

import torch
from torch import Tensor

from masquerade.attacks.moments_permutation import assign

FEWEST: Final = 4
"""Mutual matches under which places are not matched anew."""


def by_sizes(seen: Tensor, known: Tensor, places: Tensor, rounds: int) -> tuple[Tensor, Tensor]:
    """Match photos by sizes at matched places, and places by sizes of mutually matched photos, in turn.

    Args:
        seen: Sizes of released codes ``(n, t)``.
        known: Sizes of the candidates' codes ``(m, t)``.
        places: The known place of each seen one, int64 ``(t,)``.
        rounds: At most.

    Returns:
        Similarity ``(n, m)`` and the places that it was read in.
    """
    similarity = correlation(seen, known[:, places])
    for _ in range(rounds):
        best, _, is_mutual = mutual(similarity)
        if int(is_mutual.sum()) < FEWEST:
            break
        found = same_columns(seen[is_mutual], known[best[is_mutual]])
        if torch.equal(found, places):
            break
        places = found
        similarity = correlation(seen, known[:, places])
    return similarity, places


def by_landmarks(similarity: Tensor, released: Tensor, own: Sequence[Tensor], landmarks: int) -> Tensor:
    """Similarity of how photos resemble the most certain matches, place by place.

    Args:
        similarity: So far, ``(n, m)``.
        released: Codes ``(n, t, d)``.
        own: Codes of the candidates by several encoders ``(m, t, d)``, in the same places.
        landmarks: Matches taken, at most.
    """
    best, margin, is_mutual = mutual(similarity)
    rows = margin.where(is_mutual, -torch.inf).argsort(descending=True)[
        : min(landmarks, int(is_mutual.sum()))
    ]
    if len(rows) < FEWEST:
        return similarity
    seen = _resemblances(released, rows)
    known = torch.stack([_resemblances(codes, best[rows]) for codes in own]).sum(0)
    return correlation(seen, known)


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
    """Inner products with the landmarks' codes, place by place, ``(n, t * landmarks)``."""
    apart = (codes - codes.mean(0)).transpose(0, 1)
    return (apart @ apart[:, rows].mT).transpose(0, 1).flatten(1)


def _standardised(rows: Tensor) -> Tensor:
    return (rows - rows.mean(0)) / rows.std(0).clamp_min(1e-9)


def _centred(rows: Tensor) -> Tensor:
    rows = rows - rows.mean(1, keepdim=True)
    return rows / rows.norm(dim=1, keepdim=True).clamp_min(1e-9)
