"""Matches photos by how they resemble each other: a matrix key changes pixels, but not resemblance.

Orthogonal matrices keep inner products between images exactly, Gaussian ones and wide random networks nearly,
and a block permutation does not touch their sum over blocks. So released images and candidate photos form the
same graph of resemblances, and graphs can be matched without any key: first by principal coordinates or by how
each image's resemblances are distributed, then by landmarks, the most confident matches, until no match changes.
Which of several starts ended well is judged without the truth, by how the two graphs fit on what was matched: that
all matches are mutual says nothing, since a wrong match confirms itself.

Whatever is public is taken off first: each side's own mean, or mid-grey from the photos, as a protection's formula
may have it, or nothing. No recipe is needed.

Not in the paper; ours, in the line of seeded graph matching.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final, final

import numpy as np
import torch
from torch import Tensor

from masquerade.attacks.base import Attack, Control, Guess, Ranking, Sight, View
from masquerade.attacks.block_recipe import BlockRecipe
from masquerade.attacks.blocks.gram_starts import (
    axes_similarities,
    corrected,
    correlation,
    fit,
    profile,
    resemblances,
)
from masquerade.attacks.mutual_best import mutual_best
from masquerade.attacks.structure import BLOCKS
from masquerade.errors import NotApplicable, UnreadStructure

SETTLED: Final = 0.98
"""Fit at which no further start is tried; without noise the right match is at 1, wrong ones stay below 0.7."""
PROMISING: Final = 0.8
"""Fit from which a match is worth correcting."""
MID_GREY: Final = 127.5
"""What protections take off photos of 0 to 255 before they are multiplied."""


@final
@dataclass(frozen=True)
class GramFingerprint(Attack):
    """Links released images to candidate photos through their mutual resemblances; no key, no pairs, no recipe.

    Args:
        rounds: Landmark rounds at most.
        first_landmarks: Matches taken as landmarks in the first round.
    """

    name: ClassVar[str] = "gram_fingerprint"
    needs: ClassVar[frozenset[Sight]] = frozenset({Sight.CANDIDATES})
    wants: ClassVar[frozenset[Sight]] = frozenset({Sight.RECIPE})
    reads: ClassVar[frozenset[str]] = BLOCKS
    control: ClassVar[Control] = Control("control-block4", "linkage", 0.9, "inner products are kept exactly")
    revision: ClassVar[int] = 2

    rounds: int = 30
    first_landmarks: int = 20

    def run(self, view: View, rng: np.random.Generator) -> Guess:
        """Similarity of each released image to each candidate after the last round, from the best start."""
        del rng  # the attack draws nothing
        assert view.candidates is not None  # noqa: S101  (the sealed caller checked it)
        candidates = _as_disguised(view.candidates, view.recipe)
        best, most = torch.zeros(len(view.released), len(candidates)), -1.0
        for first, *within in _starts(view.released.flatten(1).double(), candidates.flatten(1).double()):
            for end in self._ends(first, within[0], within[1]):
                if (quality := fit(end, within[0], within[1])) > most:
                    best, most = end, quality
            if most >= SETTLED:
                break
        return Ranking(best)

    def _ends(self, first: Tensor, released: Tensor, candidates: Tensor) -> Iterator[Tensor]:
        """Where a first similarity leads, and the same with matches that fit badly taken back."""
        end = self._matched(first, released, candidates)
        yield end
        if fit(end, released, candidates) >= PROMISING:
            yield corrected(end, released, candidates)

    def _matched(self, similarity: Tensor, released: Tensor, candidates: Tensor) -> Tensor:
        """Rounds of landmarks from a first similarity, until no match changes."""
        landmarks = self.first_landmarks
        previous = torch.full((len(released),), -1)
        for _ in range(self.rounds):
            matched, confidence = mutual_best(similarity)
            rows = confidence.argsort(descending=True)[:landmarks]
            rows = rows[confidence[rows] > -torch.inf]
            if len(rows) < 2:
                break
            similarity = correlation(released[:, rows], candidates[:, matched[rows]])
            if bool((matched == previous).all()) and landmarks >= len(released):
                break
            previous = matched
            landmarks = min(len(released), int(landmarks * 1.5))
        return similarity


def _starts(released: Tensor, candidates: Tensor) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
    """First similarities ``(n, m)``, and resemblances within each side that they are followed up by."""
    plain = [(resemblances(released), resemblances(candidates - shift), shift) for shift in (0.0, MID_GREY)]
    for ours, theirs, shift in plain:
        yield _by_norm(released, candidates - shift), ours, theirs
    own = released - released.mean(0), candidates - candidates.mean(0)
    centred = resemblances(own[0]), resemblances(own[1])
    for first in axes_similarities(*own):
        yield first, *centred
    yield correlation(profile(centred[0]), profile(centred[1])), *centred
    yield _by_norm(released, candidates), *centred
    for ours, theirs, shift in plain:
        yield correlation(profile(ours), profile(theirs)), ours, theirs
        for first in axes_similarities(released, candidates - shift, axes=4):
            yield first, ours, theirs


def _by_norm(released: Tensor, candidates: Tensor) -> Tensor:
    apart: Tensor = (released.norm(dim=1)[:, None] - candidates.norm(dim=1)[None, :]).abs().float()
    return -apart


def _as_disguised(images: Tensor, description: Mapping[str, Any] | None) -> Tensor:
    """Images after the public steps of the disguise: normalised blocks where it is known to have them."""
    try:
        recipe = BlockRecipe.from_description(description or {})
    except (UnreadStructure, NotApplicable):
        return images
    if not recipe.normalised:
        return images
    grid = recipe.grid((int(images.shape[1]), int(images.shape[2]), int(images.shape[3])))
    blocks = grid.cut(images)
    deviation, mean = torch.std_mean(blocks, (2, 3, 4), keepdim=True)
    normalised: Tensor = grid.join((blocks - mean) / deviation.clamp_min(1.0))
    return normalised
