"""Naming people among strangers: a threshold below which nobody is named, and what it costs.

Shares are those of ISO/IEC 19795-1: FPIR, of strangers' photos that are given a name; FNIR, of known people's photos
that are not given the right one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import floor
from typing import Final, final

import torch
from torch import Tensor

from masquerade.errors import UsageError

UNKNOWN: Final = "unknown"
"""Named instead of a person."""
FPIR: Final = 0.01
_ROWS: Final = 1024
"""Photos compared with all others at a time."""


@final
@dataclass(frozen=True)
class OpenSet:
    """When a person is named.

    Args:
        threshold: Whoever scores above it is named.
        fpir: Share of strangers' photos that may be named, as asked for.
        strangers: Photos of strangers it was set by.
        people: How many people are on them.
        fnir: Share of known people's photos that are not named rightly at it; None if there was none to try.
        mates: Photos of known people that were tried.
    """

    threshold: float
    fpir: float
    strangers: int
    people: int
    fnir: float | None
    mates: int

    def person(self, best: str, score: float) -> str:
        """The best guess, or "unknown"."""
        return best if score > self.threshold else UNKNOWN

    def __str__(self) -> str:
        said = (
            f"{UNKNOWN} up to {self.threshold:.4f}, which at most {self.fpir:.2%} of strangers' photos exceed "
            f"(FPIR, set by {self.strangers} photos of {self.people} people)"
        )
        if self.fnir is None:
            return f"{said}; how often known people are missed was not measured"
        return f"{said}; {self.fnir:.1%} of {self.mates} held-back photos of known people are not named rightly (FNIR)"


def open_set(strangers: Sequence[Tensor], people: int, mates: Tensor, fpir: float) -> OpenSet:
    """Set a threshold by the scores of strangers, the strictest that one of the sources asks for.

    Args:
        strangers: Best scores of strangers' photos from each source, float ``(n,)``.
        people: How many people are on them.
        mates: Scores of known people's photos, minus infinity where the best guess is wrong, ``(m,)``.
        fpir: Share of strangers' photos that may be named, above 0 and below 1.

    Raises:
        UsageError: If the share is out of its range, or there is no stranger.
    """
    if not 0 < fpir < 1:
        raise UsageError("no such share", value=fpir, place="--fpir", remedy="Give above 0 and below 1.")
    sources = [scores for scores in strangers if len(scores)]
    if not sources:
        raise UsageError(
            "no strangers to tell known people from",
            remedy="Pass --strangers FOLDER, with photos of other people, or --closed-set to name "
            "the nearest person in any case.",
        )
    threshold = max(_threshold(scores, fpir) for scores in sources)
    fnir = float((mates <= threshold).float().mean()) if len(mates) else None
    return OpenSet(threshold, fpir, sum(map(len, sources)), people, fnir, len(mates))


def leaving_out(vectors: Tensor, people: Sequence[str]) -> tuple[Tensor, Tensor]:
    """Scores of a gallery's own photos.

    Args:
        vectors: float32 ``(n, e)``, each of length 1.
        people: The person of each.

    Returns:
        For each photo the best cosine where its person were not enrolled, none if there is one person alone; and
        for each photo that is not its person's only one, the cosine of the best other photo, minus infinity if
        that is somebody else's.
    """
    names = list(dict.fromkeys(people))
    labels = torch.tensor([names.index(person) for person in people])
    counts = torch.bincount(labels)
    strangers, mates = [], []
    for rows in torch.split(torch.arange(len(vectors)), _ROWS):
        cosines = vectors[rows] @ vectors.T
        cosines[torch.arange(len(rows)), rows] = -torch.inf
        same = labels[rows, None] == labels
        others = cosines.masked_fill(same, -torch.inf).amax(1)
        best = cosines.masked_fill(~same, -torch.inf).amax(1)
        strangers.append(others)
        mates.append(best.masked_fill(best <= others, -torch.inf)[counts[labels[rows]] > 1])
    alone = len(names) < 2
    return torch.empty(0) if alone else torch.cat(strangers), torch.cat(mates)


def require_no_unknown(people: Sequence[str]) -> None:
    """Refuse a person of that name.

    Raises:
        UsageError: If somebody is called "unknown".
    """
    if UNKNOWN in people:
        raise UsageError(
            "a person has the name that stands for strangers",
            value=UNKNOWN,
            remedy="Pass --closed-set, or give the person another name.",
        )


def _threshold(scores: Tensor, fpir: float) -> float:
    """The largest score but for the share that may exceed it."""
    return float(scores.sort(descending=True).values[floor(fpir * len(scores))])
