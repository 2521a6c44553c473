"""Links released images to photos by numbers of single photos that protections leave alone; no key, no recipe.

Secret orders of pixels keep the list of values, signs keep magnitudes, orthogonal matrices lengths, convolutions the
spectrum up to one factor for all photos. A fresh key for each photo does not help against any of these but the last.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Final, final

import numpy as np
import torch
from torch import Tensor

from masquerade.attacks.agreement import combined
from masquerade.attacks.base import Attack, Control, Guess, Ranking, Sight, View
from masquerade.attacks.generic.invariants import invariants

_TINY: Final = 1e-9


@final
@dataclass(frozen=True)
class InvariantLinkage(Attack):
    """Compares single photos by magnitudes, values, lengths, spectra, histograms and ranks, and keeps what agrees."""

    name: ClassVar[str] = "invariant_linkage"
    needs: ClassVar[frozenset[Sight]] = frozenset({Sight.CANDIDATES})
    control: ClassVar[Control] = Control(
        "control-signs", "linkage", 0.95, "signs and a new order keep the list of magnitudes exactly"
    )

    def run(self, view: View, rng: np.random.Generator) -> Guess:
        """Similarity of each released image to each candidate, ``(n, m)``."""
        del rng  # nothing is drawn
        assert view.candidates is not None  # noqa: S101  (the sealed caller checked it)
        return Ranking(combined(_similarities(view.released, view.candidates)).float())


def _similarities(released: Tensor, candidates: Tensor) -> Iterator[tuple[Tensor, Tensor]]:
    strangers = torch.arange(0, len(candidates), max(1, len(candidates) // len(released)))[: len(released)]
    for _, ours, theirs in invariants(released, candidates):
        for alike in (_alike, _alike_in_shape):
            others = alike(theirs[strangers], theirs)
            others[torch.arange(len(strangers)), strangers] = others.min()
            yield alike(ours, theirs), others


def _alike(ours: Tensor, theirs: Tensor) -> Tensor:
    """Nearness of numbers as they are, on the candidates' scale."""
    mean, spread = theirs.mean(0), _spread(theirs)
    return -torch.cdist((ours - mean) / spread, (theirs - mean) / spread)


def _alike_in_shape(ours: Tensor, theirs: Tensor) -> Tensor:
    """Cosine after each side is standardised by itself: other scales, and a common share of all photos, drop out."""
    unit = []
    for side in (ours, theirs):
        standard = (side - side.mean(0)) / _spread(side)
        unit.append(standard / standard.norm(dim=1, keepdim=True).clamp_min(_TINY))
    cosines: Tensor = unit[0] @ unit[1].T
    return cosines


def _spread(numbers: Tensor) -> Tensor:
    spread = numbers.std(0) if len(numbers) > 1 else torch.ones(numbers.shape[1])
    sound: Tensor = spread + 1e-6 * spread.mean() + _TINY
    return sound
