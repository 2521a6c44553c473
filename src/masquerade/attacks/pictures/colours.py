"""Who is it, by colours alone: what stands in a photo, seen as a few large squares.

Whatever keeps the large shapes of a photo keeps this: skin, hair, clothes, light and background. It is what a strong
blur is to be measured by.
"""

from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np

from masquerade.attacks.base import Attack, Control, Guess, Labels, Sight, View
from masquerade.attacks.naming import by_best
from masquerade.attacks.pictures.seen import BEST, require_pictures, small, standardised
from masquerade.attacks.structure import PICTURES


@final
@dataclass(frozen=True)
class Colours(Attack):
    """Names people by the nearest other photos of them, all seen as ``side`` by ``side`` mean colours.

    Args:
        side: Squares in a row, 2 to 32.
    """

    name: ClassVar[str] = "colours"
    needs: ClassVar[frozenset[Sight]] = frozenset({Sight.GALLERY})
    control: ClassVar[Control] = Control(
        "none", "identification", 0.15, "ours: on the built-in faces squares of colour tell people apart"
    )
    reads: ClassVar[frozenset[str]] = PICTURES

    side: int = 8

    def run(self, view: View, rng: np.random.Generator) -> Guess:
        """A person for each released picture."""
        del rng  # nothing is drawn
        assert view.gallery is not None  # noqa: S101  (the sealed caller checked it)
        released = small(require_pictures(view.released).clamp(0, 255), self.side)
        known = small(view.gallery.pictures, self.side)
        seen, kept = standardised(released, known)
        return Labels(by_best(seen, kept, view.gallery.labels, BEST))
