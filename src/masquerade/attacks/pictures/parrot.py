"""Who is it, by a recogniser that was taught on protected photos of other people (the parrot attack).

A recogniser of clean faces is the wrong judge of protected ones: it was never shown any. This one is. Its last layers
are learned in closed form, from pairs of other people's photos: a map from what a public recogniser and plain pixels
see on a protected picture to the recogniser's vector of the photo, and directions in which people differ more than
their photos. After Newton, Sweeney and Malin (2005), who named the imitation of a protection on the gallery so; closed
form and rehearsal are ours.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Final, final

import numpy as np
import torch
from torch import Tensor

from masquerade.attacks.base import Attack, Control, Guess, Labels, Others, Sight, View
from masquerade.attacks.naming import by_best
from masquerade.attacks.pictures.pairs import PairsToLearn, lesson
from masquerade.attacks.pictures.seen import BEST, Seeing, recogniser_of, require_pictures, small
from masquerade.attacks.principal import leading_axes
from masquerade.attacks.ridge import Ridge
from masquerade.attacks.solving import inverse_root
from masquerade.attacks.structure import PICTURES

_AXES: Final = 100
_RIDGE: Final = 0.1
_ROWS: Final = 1000
"""Pairs at most that ridge regression learns from: its time grows with their third power."""

Sides = tuple[Tensor, Tensor]
"""Vectors of the released pictures, and of the gallery."""


@final
@dataclass(frozen=True)
class Parrot(Attack):
    """Names people by vectors that were learned on protected photos of other people.

    Args:
        recogniser: Name of a public recogniser, or its file.
        side: Mean colours in a row that are seen beside its vectors.
    """

    name: ClassVar[str] = "parrot"
    needs: ClassVar[frozenset[Sight]] = frozenset({Sight.GALLERY, Sight.OTHERS, Sight.RECOGNISERS})
    wants: ClassVar[frozenset[Sight]] = frozenset({Sight.ALIKE})
    control: ClassVar[Control] = Control(
        "none", "identification", 0.3, "ours: a public recogniser names people on their photos"
    )
    reads: ClassVar[frozenset[str]] = PICTURES

    recogniser: str = "sface"
    side: int = 24

    def run(self, view: View, rng: np.random.Generator) -> Guess:
        """A person for each released picture, in the way that named most people in the rehearsal."""
        del rng  # nothing is drawn
        assert view.others is not None  # noqa: S101  (the sealed caller checked it)
        assert view.gallery is not None  # noqa: S101
        part = lesson(view.others)
        see = recogniser_of(view, self.recogniser)
        ways = [
            *self._towards_clean(view, view.others, part, see),
            *self._alike(view, view.others, part, see),
        ]
        _, named = max(ways, key=lambda way: way[0])
        return Labels(named)

    def _towards_clean(
        self, view: View, others: Others, part: PairsToLearn, see: Seeing
    ) -> Iterator[tuple[float, Tensor]]:
        """Protected pictures brought to the vectors of photos, and named by the gallery's photos."""
        assert view.gallery is not None  # noqa: S101  (as above)
        own = see(others.photos.pictures)
        gallery = see(require_pictures(view.gallery.pictures))
        plain = see(require_pictures(others.protected))
        found = see(require_pictures(view.released))
        yield part.share_named(plain, own), by_best(found, gallery, view.gallery.labels, BEST)
        seen, released = self._features(others.protected, view.released, see)
        teach = part.teach[:_ROWS]
        ridge = Ridge.of(seen[teach], own[teach])
        told, brought = ridge(seen), ridge(released)
        even = _evened(torch.cat([told[teach], own[teach].double()]), part.labels[teach].repeat(2))
        for turn in (torch.eye(own.shape[1], dtype=torch.float64), even):
            share = part.share_named(told @ turn, own.double() @ turn)
            yield share, by_best(brought @ turn, gallery.double() @ turn, view.gallery.labels, BEST)

    def _alike(
        self, view: View, others: Others, part: PairsToLearn, see: Seeing
    ) -> Iterator[tuple[float, Tensor]]:
        """Protected pictures named by a gallery that is protected alike, where directions within people count less."""
        if view.alike is None:
            return
        seen, released = self._features(others.protected, view.released, see)
        _, known = self._features(others.protected, view.alike.images, see)
        yield part.share_named(seen, seen), by_best(released, known, view.alike.labels, BEST)
        for most in (50, 150):
            axes = leading_axes(seen[part.teach], most)
            turn = axes @ _evened(seen[part.teach] @ axes, part.labels[part.teach])
            share = part.share_named(seen @ turn, seen @ turn)
            yield share, by_best(released @ turn, known @ turn, view.alike.labels, BEST)

    def _features(self, protected: Tensor, others: Tensor, see: Seeing) -> tuple[Tensor, Tensor]:
        """What is seen on two sides of pictures, on the scale of the first, float64 ``(n, f)`` each."""
        parts = []
        for look in (see, lambda images: small(images, self.side)):
            one, other = (
                look(require_pictures(images).clamp(0, 255)).double() for images in (protected, others)
            )
            mean = one.mean(0)
            scale = (one - mean).square().sum(1).mean().sqrt().clamp_min(1e-9)
            parts.append(((one - mean) / scale, (other - mean) / scale))
        return torch.cat([a for a, _ in parts], 1), torch.cat([b for _, b in parts], 1)


def _evened(rows: Tensor, labels: Tensor) -> Tensor:
    """The map after which numbers differ evenly within people, float64 ``(f, f)``."""
    _, numbers, counts = torch.unique(labels, return_inverse=True, return_counts=True)
    sums = torch.zeros(len(counts), rows.shape[1], dtype=rows.dtype).index_add_(0, numbers, rows)
    rest = rows - (sums / counts[:, None])[numbers]
    return inverse_root(rest.T @ rest / len(rest), _RIDGE)
