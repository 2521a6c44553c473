"""Names the people behind random labels by other photos of theirs: class means and noisy graph matching.

A linear key that is the same for all photos keeps, or nearly, how much the means of two classes resemble each other.
The attacker holds other photos of people who may be in it, and no pair, no key and no released photo: the labels
are matched to people so that the two tables of resemblances agree. Noise that is drawn for each photo averages out in
the means; the rest is a quadratic assignment, which simulated annealing solves where spectral and convex methods do
not. Ours; Fan, Mao, Wu and Xu 2023 (GRAMPA) and Vogelstein and others 2015 (FAQ) are what it was compared with.
"""

from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np
import torch

from masquerade.attacks.base import Attack, Control, Guess, Labels, Sight, View
from masquerade.attacks.people.matcher import match
from masquerade.attacks.people.search import Effort
from masquerade.attacks.structure import BLOCKS


@final
@dataclass(frozen=True)
class ClassMatching(Attack):
    """Matches labels to people; of each label, the most probable person is named.

    Some seconds to a minute of one processor for 60 people. More people than are in the release may be in the gallery.

    Args:
        restarts: Annealings at most; fewer where one reaches what the truth should cost.
        proposals: Steps of each annealing: 20 million take 2 seconds with 60 people, and as much again to make
            the machine code the first time.
        counts: Whether numbers of photos are looked at beside the vectors.
    """

    name: ClassVar[str] = "class_matching"
    needs: ClassVar[frozenset[Sight]] = frozenset({Sight.LABELS, Sight.GALLERY})
    wants: ClassVar[frozenset[Sight]] = frozenset({Sight.RECIPE})
    reads: ClassVar[frozenset[str]] = BLOCKS
    control: ClassVar[Control] = Control(
        "control-block4", "identification", 0.8, "inner products are kept exactly, and nothing hides them"
    )

    restarts: int = 12
    proposals: int = 10_000_000
    counts: bool = True

    def run(self, view: View, rng: np.random.Generator) -> Guess:
        """A person of the gallery for each released image; all images of a label have the same."""
        found = match(view, Effort(self.restarts, self.proposals, self.counts), rng)
        named = torch.from_numpy(found.probabilities.argmax(1))
        return Labels(found.people[named][found.classes])
