"""Is this photo in it, by what files tell beside their pixels: how large they are, and what is written in them."""

from dataclasses import dataclass
from math import log
from typing import ClassVar, Final, final

import numpy as np
import torch
from torch import Tensor

from masquerade.attacks.base import Attack, Control, FileTraces, Guess, Ranking, Sight, View
from masquerade.attacks.structure import PICTURES

_SHARED: Final = 0.1
"""Weight of sizes beside that of marks, whose rarest weigh as the logarithm of the files."""


@final
@dataclass(frozen=True)
class TracesOfFiles(Attack):
    """Ranks photos by marks that their files share with the protected ones, rare ones first, and by sizes."""

    name: ClassVar[str] = "file_traces"
    needs: ClassVar[frozenset[Sight]] = frozenset({Sight.FILES})
    control: ClassVar[Control] = Control("none", "linkage", 0.5, "ours: a file is as large as itself")
    reads: ClassVar[frozenset[str]] = PICTURES

    def run(self, view: View, rng: np.random.Generator) -> Guess:
        """Similarity of each released file to each photo's, ``(n, m)``."""
        del rng  # nothing is drawn
        assert view.files is not None  # noqa: S101  (the sealed caller checked it)
        released, photos = view.files
        return Ranking(_by_marks(released, photos) + _SHARED * _by_sizes(released.sizes, photos.sizes))


def _by_marks(released: FileTraces, photos: FileTraces) -> Tensor:
    holders: dict[int, list[int]] = {}
    for row, marks in enumerate(photos.marks):
        for mark in marks:
            holders.setdefault(mark, []).append(row)
    found = torch.zeros(len(released.marks), len(photos.marks))
    for row, marks in enumerate(released.marks):
        for mark in sorted(marks & holders.keys()):
            found[row, holders[mark]] += log(len(photos.marks) / len(holders[mark]))
    return found


def _by_sizes(released: Tensor, photos: Tensor) -> Tensor:
    """How near sizes are, each side by its own mean and spread: a tool makes all files larger or smaller alike."""
    sides = []
    for side in (released, photos):
        spread = side.std(0) if len(side) > 1 else torch.ones(side.shape[1])
        sides.append((side - side.mean(0)) / spread.clamp_min(1e-6))
    return -torch.cdist(sides[0], sides[1])
