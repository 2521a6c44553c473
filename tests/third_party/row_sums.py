"""An attack: photos whose rows have the same sums, whatever their order."""

from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np
import torch

from masquerade.attacks.base import Attack, Control, Guess, Ranking, Sight, View


@final
@dataclass(frozen=True)
class RowSums(Attack):
    """Links released photos to suspected originals by the sorted sums of their rows."""

    name: ClassVar[str] = "row_sums"
    needs: ClassVar[frozenset[Sight]] = frozenset({Sight.CANDIDATES})
    reads: ClassVar[frozenset[str]] = frozenset({"RowShuffle"})
    control: ClassVar[Control] = Control("none", "linkage", 0.9, "rows of a plain photo keep their sums")

    def run(self, view: View, rng: np.random.Generator) -> Guess:
        """Likeness of each released photo to each candidate, ``(n, m)``."""
        assert view.candidates is not None
        ours, theirs = (self._sums(side) for side in (view.released, view.candidates))
        return Ranking(-torch.cdist(ours, theirs))

    def _sums(self, photos: torch.Tensor) -> torch.Tensor:
        """Sorted sums of each channel's rows, ``(n, c * h)``."""
        return photos.float().sum(3).sort(2).values.flatten(1)
