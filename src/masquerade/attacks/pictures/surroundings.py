"""Who is it, by what stands around the face: hair, ears, neck, clothes and background.

Tools that hide a face leave the rest, and on other photos of the same day or place it is the same.
"""

from dataclasses import dataclass
from typing import ClassVar, Final, final

import numpy as np
import torch
from torch import Tensor

from masquerade.attacks.base import Attack, Control, Guess, Labels, Sight, View
from masquerade.attacks.naming import by_best
from masquerade.attacks.pictures.seen import BEST, require_pictures, small, standardised
from masquerade.attacks.structure import PICTURES

_INNER: Final = (0.37, 0.45)
"""Half axes of the face on an aligned picture, as shares of its width and height."""


@final
@dataclass(frozen=True)
class Surroundings(Attack):
    """Names people by the nearest other photos of them, of which only what lies outside an ellipse is seen.

    Args:
        side: Mean colours in a row of a picture, 8 to 64.
    """

    name: ClassVar[str] = "surroundings"
    needs: ClassVar[frozenset[Sight]] = frozenset({Sight.GALLERY})
    control: ClassVar[Control] = Control(
        "none", "identification", 0.15, "ours: on the built-in faces hair and background tell people apart"
    )
    reads: ClassVar[frozenset[str]] = PICTURES

    side: int = 16

    def run(self, view: View, rng: np.random.Generator) -> Guess:
        """A person for each released picture."""
        del rng  # nothing is drawn
        assert view.gallery is not None  # noqa: S101  (the sealed caller checked it)
        outside = _outside(self.side)
        seen, known = standardised(
            self._around(view.released, outside), self._around(view.gallery.pictures, outside)
        )
        return Labels(by_best(seen, known, view.gallery.labels, BEST))

    def _around(self, images: Tensor, outside: Tensor) -> Tensor:
        """Mean colours outside the face, ``(n, f)``."""
        colours = small(require_pictures(images).clamp(0, 255), self.side)
        return colours.reshape(len(images), -1, self.side**2)[..., outside].flatten(1)


def _outside(side: int) -> Tensor:
    """Which of the squares lie outside the face, bool ``(side * side,)``."""
    places = (torch.arange(side) + 0.5) / side - 0.5
    across, down = places / _INNER[0], places / _INNER[1]
    far: Tensor = down[:, None].square() + across[None].square() > 1
    return far.flatten()
