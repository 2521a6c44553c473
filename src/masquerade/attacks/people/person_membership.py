"""Is this person in it? What the matching of labels to people says of each person whom the attacker suspects."""

from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np
import torch

from masquerade.attacks.base import Attack, Control, Guess, Membership, Sight, View
from masquerade.attacks.people.matcher import match
from masquerade.attacks.people.search import Effort
from masquerade.attacks.structure import BLOCKS


@final
@dataclass(frozen=True)
class PersonMembership(Attack):
    """How probable it is that any label is a person, for each person of a gallery that holds others too.

    Args:
        restarts: As for ``ClassMatching``.
        proposals: As for ``ClassMatching``.
        counts: As for ``ClassMatching``.
    """

    name: ClassVar[str] = "person_membership"
    needs: ClassVar[frozenset[Sight]] = frozenset({Sight.LABELS, Sight.GALLERY})
    wants: ClassVar[frozenset[Sight]] = frozenset({Sight.RECIPE})
    reads: ClassVar[frozenset[str]] = BLOCKS
    control: ClassVar[Control] = Control(
        "control-block4", "class_membership", 0.8, "inner products are kept exactly, and nothing hides them"
    )

    restarts: int = 12
    proposals: int = 10_000_000
    counts: bool = True

    def run(self, view: View, rng: np.random.Generator) -> Guess:
        """A score for each person of the gallery, in the order of their numbers."""
        found = match(view, Effort(self.restarts, self.proposals, self.counts), rng)
        return Membership(torch.from_numpy(found.probabilities.sum(0)))
