"""Protected photos of other people, divided between what an attack learns from and what it rehearses on."""

from dataclasses import dataclass
from typing import Final, final

import torch
from torch import Tensor

from masquerade.attacks.base import Others
from masquerade.attacks.naming import rightly_named
from masquerade.attacks.pictures.seen import BEST
from masquerade.errors import NotApplicable

_FEWEST: Final = 12
"""Pairs below which nothing is learned."""


@final
@dataclass(frozen=True)
class PairsToLearn:
    """Which rows teach and which rehearse: other people, where there are enough.

    Args:
        teach: Rows to learn from, int64.
        rehearse: Rows to rehearse on, int64.
        labels: Person of each row, numbered from 0, int64 ``(n,)``.
    """

    teach: Tensor
    rehearse: Tensor
    labels: Tensor

    def share_named(self, seen: Tensor, known: Tensor) -> float:
        """Share of the rehearsal's photos, above a blind guess, that are named by other photos of the person.

        Args:
            seen: Vectors of all rows' protected pictures, ``(n, e)``.
            known: Vectors of all rows that people are known by, ``(n, e)``.
        """
        rows = self.rehearse
        return rightly_named(seen[rows], known[rows], self.labels[rows], BEST)


def lesson(others: Others) -> PairsToLearn:
    """Two people of three teach.

    Raises:
        NotApplicable: If there are too few photos.
    """
    people, labels = torch.unique(others.photos.labels, return_inverse=True)
    if len(labels) < _FEWEST or len(people) < 2:
        raise NotApplicable(
            "too few protected photos of other people to learn from",
            value=f"{len(labels)} photos of {len(people)} people",
        )
    teaching = labels % 3 != 0 if len(people) > 2 else torch.arange(len(labels)) % 3 != 0
    return PairsToLearn(teaching.nonzero().flatten(), (~teaching).nonzero().flatten(), labels)
