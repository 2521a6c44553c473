"""Somebody's own attack: photos whose pixels have the same sizes, whatever their order and signs."""

from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np
import torch

from masquerade.attacks.base import Attack, Control, Guess, Ranking, Sight, View


@final
@dataclass(frozen=True)
class SamePixels(Attack):
    """Compares sorted distances of pixels from mid-grey.

    Args:
        power: How strongly large differences count.
    """

    name: ClassVar[str] = "same_pixels"
    needs: ClassVar[frozenset[Sight]] = frozenset({Sight.CANDIDATES})
    reads: ClassVar[frozenset[str]] = frozenset({"SecretSigns"})
    control: ClassVar[Control] = Control(
        "none", "linkage", 0.9, "a permutation and signs leave sizes as they are"
    )

    power: float = 2.0

    def run(self, view: View, rng: np.random.Generator) -> Guess:
        """Likeness of each released image to each candidate, ``(n, m)``."""
        assert view.candidates is not None
        released = view.released.flatten(1)
        away = released - 127.5 if released.min() >= 0 else released
        ours, theirs = (side.abs().sort(1).values for side in (away, view.candidates.flatten(1) - 127.5))
        return Ranking(-torch.cdist(ours, theirs, p=self.power))
