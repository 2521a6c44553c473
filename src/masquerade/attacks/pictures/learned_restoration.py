"""Who is it, after what was learned to undo: restored pictures before a public recogniser.

Half of the people, whose photos and protected pictures the attacker has, teach how pictures are restored: by ridge
regression, and by a small network. A rehearsal decides which. Then the other half is restored and named.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Final, final

import numpy as np
from torch import Tensor

from masquerade.attacks.base import Attack, Control, Guess, Labels, Others, Sight, View
from masquerade.attacks.learned_pictures import Restoring, by_network, by_ridge
from masquerade.attacks.naming import by_best
from masquerade.attacks.pictures.pairs import lesson
from masquerade.attacks.pictures.seen import BEST, recogniser_of, require_pictures
from masquerade.attacks.structure import PICTURES

_REHEARSED: Final = 60
"""Photos at most of a rehearsal: each is looked at once for each way."""


@final
@dataclass(frozen=True)
class LearnedRestoration(Attack):
    """Names people by the nearest other photos of them, once pictures are restored.

    Args:
        recogniser: Name of a public recogniser, or its file.
        steps: Batches that the restoring network learns from; 0 for none.
        pairs: Pairs at most that are learned from.
    """

    name: ClassVar[str] = "learned_restoration"
    needs: ClassVar[frozenset[Sight]] = frozenset({Sight.GALLERY, Sight.OTHERS, Sight.RECOGNISERS})
    control: ClassVar[Control] = Control(
        "none", "identification", 0.3, "ours: a public recogniser names people on their photos"
    )
    reads: ClassVar[frozenset[str]] = PICTURES

    recogniser: str = "sface"
    steps: int = 40
    pairs: int = 400

    def run(self, view: View, rng: np.random.Generator) -> Guess:
        """A person for each released picture."""
        assert view.others is not None  # noqa: S101  (the sealed caller checked it)
        assert view.gallery is not None  # noqa: S101
        require_pictures(view.released)
        part = lesson(view.others)
        see = recogniser_of(view, self.recogniser)
        rows = part.rehearse[:_REHEARSED]
        known = see(view.others.photos.pictures[rows])
        best: tuple[float, Restoring] | None = None
        for way in self._ways(view.others, part.teach[: self.pairs], rng):
            near = float((see(way(view.others.protected[rows])) * known).sum(1).mean())
            if best is None or near > best[0]:
                best = near, way
        assert best is not None  # noqa: S101  (one way takes any picture)
        found = see(best[1](require_pictures(view.released)))
        gallery = see(require_pictures(view.gallery.pictures))
        return Labels(by_best(found, gallery, view.gallery.labels, BEST))

    def _ways(self, others: Others, teach: Tensor, rng: np.random.Generator) -> Iterator[Restoring]:
        protected, pictures = others.protected[teach], others.photos.pictures[teach]
        yield by_ridge(protected, pictures)
        network = by_network(protected, pictures, self.steps, rng)
        if network is not None:
            yield network
