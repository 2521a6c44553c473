"""Is this photo in it: a public recogniser on protected pictures, against the very photos that they were made of.

A fact more than a fault: whoever holds the photo can protect his own copy and compare.
"""

from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np
from torch.nn import functional

from masquerade.attacks.base import Attack, Control, Guess, Ranking, Sight, View
from masquerade.attacks.pictures.seen import recogniser_of, require_pictures
from masquerade.attacks.structure import PICTURES


@final
@dataclass(frozen=True)
class RecogniserSamePhoto(Attack):
    """Ranks suspected photos by the cosine of their vectors with the protected picture's.

    Args:
        recogniser: Name of a public recogniser, or its file.
    """

    name: ClassVar[str] = "recogniser_same_photo"
    needs: ClassVar[frozenset[Sight]] = frozenset({Sight.CANDIDATES, Sight.RECOGNISERS})
    control: ClassVar[Control] = Control("none", "linkage", 0.95, "ours: a photo is nearest to itself")
    reads: ClassVar[frozenset[str]] = PICTURES

    recogniser: str = "sface"

    def run(self, view: View, rng: np.random.Generator) -> Guess:
        """Similarity of each released picture to each candidate, ``(n, m)``."""
        del rng  # nothing is drawn
        assert view.candidates is not None  # noqa: S101  (the sealed caller checked it)
        see = recogniser_of(view, self.recogniser)
        released, known = see(require_pictures(view.released)), see(require_pictures(view.candidates))
        released = released - released.mean(0) if len(released) > 1 else released
        known = known - known.mean(0) if len(known) > 1 else known
        return Ranking(functional.normalize(released) @ functional.normalize(known).T)
