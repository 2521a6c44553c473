"""Who is it: a public recogniser on protected pictures, against named photos of the people that are protected alike.

Whoever can use the tool, or has a second release of the people, has such a gallery. What a tool does to all photos
alike then drops out: pixelation of eight by eight and a blur of a few pixels hide far less than against clean photos.
"""

from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np

from masquerade.attacks.base import Attack, Control, Guess, Labels, Sight, View
from masquerade.attacks.naming import by_best
from masquerade.attacks.pictures.seen import BEST, recogniser_of, require_pictures
from masquerade.attacks.structure import PICTURES


@final
@dataclass(frozen=True)
class RecogniserAlike(Attack):
    """Names people by the nearest other photos of them, protected as the released ones are.

    Args:
        recogniser: Name of a public recogniser, or its file.
    """

    name: ClassVar[str] = "recogniser_alike"
    needs: ClassVar[frozenset[Sight]] = frozenset({Sight.ALIKE, Sight.RECOGNISERS})
    control: ClassVar[Control] = Control(
        "none", "identification", 0.3, "ours: a public recogniser names people on their photos"
    )
    reads: ClassVar[frozenset[str]] = PICTURES

    recogniser: str = "sface"

    def run(self, view: View, rng: np.random.Generator) -> Guess:
        """A person for each released picture."""
        del rng  # nothing is drawn
        assert view.alike is not None  # noqa: S101  (the sealed caller checked it)
        see = recogniser_of(view, self.recogniser)
        sides = [require_pictures(images).clamp(0, 255) for images in (view.released, view.alike.images)]
        released, known = (see(side) for side in sides)
        mean = known.mean(0)  # what the tool makes of everybody alike
        return Labels(by_best(released - mean, known - mean, view.alike.labels, BEST))
