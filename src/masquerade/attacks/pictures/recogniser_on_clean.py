"""Who is it: a public recogniser on protected pictures, against named photos of the people that nobody protected."""

from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np

from masquerade.attacks.base import Attack, Control, Guess, Labels, Sight, View
from masquerade.attacks.naming import by_best
from masquerade.attacks.pictures.seen import BEST, recogniser_of, require_pictures
from masquerade.attacks.structure import PICTURES


@final
@dataclass(frozen=True)
class RecogniserOnClean(Attack):
    """Names people by the nearest other photos of them, as they are.

    Args:
        recogniser: Name of a public recogniser, or its file.
    """

    name: ClassVar[str] = "recogniser_on_clean"
    needs: ClassVar[frozenset[Sight]] = frozenset({Sight.GALLERY, Sight.RECOGNISERS})
    control: ClassVar[Control] = Control(
        "none", "identification", 0.3, "ours: a public recogniser names people on their photos"
    )
    reads: ClassVar[frozenset[str]] = PICTURES

    recogniser: str = "sface"

    def run(self, view: View, rng: np.random.Generator) -> Guess:
        """A person for each released picture."""
        del rng  # nothing is drawn
        assert view.gallery is not None  # noqa: S101  (the sealed caller checked it)
        see = recogniser_of(view, self.recogniser)
        released = see(require_pictures(view.released))
        return Labels(
            by_best(released, see(require_pictures(view.gallery.pictures)), view.gallery.labels, BEST)
        )
