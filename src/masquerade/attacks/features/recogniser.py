"""Identity by a map from features to the vectors of a public recogniser, learnt from public photos. Ours."""

from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np
import torch

from masquerade.attacks.base import Attack, Control, Guess, Labels, Sight, View
from masquerade.attacks.cache import vectors_of
from masquerade.attacks.features.lda import evened
from masquerade.attacks.naming import by_means
from masquerade.attacks.solving import solved
from masquerade.attacks.structure import FEATURES
from masquerade.encoders.recogniser import open_recogniser


@final
@dataclass(frozen=True)
class FeatureRecogniser(Attack):
    """Names the person whose mapped features have the nearest mean; the map, by ridge regression, is to a recogniser.

    A recogniser knows what tells people apart from many more people than the attacker has photos of. The map is learnt
    in the space of ``feature_lda``.

    Args:
        recogniser: A public recogniser, by name or file.
        strength: Ridge of the map, as a multiple of the mean spread.
        size: Principal components.
        ridge: As in ``feature_lda``.
        queries: Public photos that are asked about (needs the sight ``query``); 0 for none.
    """

    name: ClassVar[str] = "feature_recogniser"
    needs: ClassVar[frozenset[Sight]] = frozenset({Sight.GALLERY, Sight.PUBLIC, Sight.SPLIT})
    reads: ClassVar[frozenset[str]] = FEATURES
    control: ClassVar[Control] = Control(
        "crafter-none", "identification", 0.23, "ours: midway between a blind guess, .02 to .04, and .45"
    )

    recogniser: str = "sface"
    strength: float = 10.0
    size: int = 900
    ridge: float = 0.3
    queries: int = 0

    def run(self, view: View, rng: np.random.Generator) -> Guess:
        """A person for each feature map."""
        del rng
        assert view.gallery is not None  # noqa: S101  (the sealed caller checked both)
        assert view.public is not None  # noqa: S101
        even = evened(view, self.size, self.ridge, self.queries)
        public = even.plain(view.public.images)
        with torch.no_grad():
            vectors = vectors_of(
                self.recogniser, open_recogniser(self.recogniser).embed, view.public.images.float()
            )
        gram = public.T @ public / len(public)
        gram.diagonal().add_(self.strength * gram.diagonal().mean())
        linear = solved(gram, public.T @ (vectors - vectors.mean(0)) / len(public))
        known = even.plain(view.gallery.images) @ linear
        return Labels(by_means(even.seen(view.released) @ linear, known, view.gallery.labels))
