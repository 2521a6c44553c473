"""Original features with identities exposed: who is nearest among known people's features (Crafter, table VIII)."""

from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np
from torch import Tensor

from masquerade.attacks.attacker_recogniser import numbered
from masquerade.attacks.base import Attack, Control, Guess, Labels, Sight, View
from masquerade.attacks.features.decoder import encoded
from masquerade.attacks.features.denoiser import FeatureDenoising
from masquerade.attacks.naming import by_best
from masquerade.attacks.structure import FEATURES
from masquerade.attacks.within_people import principal_axes, whitening_map, within_covariance
from masquerade.errors import MissingSight

_FLOOR = 0.05


@final
@dataclass(frozen=True)
class FeatureIdentity(Attack):
    """Names the person whose own unprotected feature maps are nearest, without any reconstruction.

    A person counts by the mean of the few best cosines with theirs. Directions in which features differ within people
    count less, as public people show. With ``queries`` what the protection changes is learned first from answers about
    public photos, and taken off, which the paper did not run.

    Args:
        size: Principal components that are compared.
        queries: Public photos that are asked about (needs the sight ``query``); 0 for none.
        best: Cosines of each person that count; 1 names the owner of the nearest map, as the paper does.
    """

    name: ClassVar[str] = "feature_identity"
    needs: ClassVar[frozenset[Sight]] = frozenset({Sight.GALLERY, Sight.PUBLIC, Sight.SPLIT})
    reads: ClassVar[frozenset[str]] = FEATURES
    control: ClassVar[Control] = Control(
        "crafter-none",
        "identification",
        0.19,
        "ours: midway between a blind guess, .04, and .33 to .38, measured on plain features of 24 people",
    )

    revision: ClassVar[int] = 2

    size: int = 150
    queries: int = 0
    best: int = 3

    def run(self, view: View, rng: np.random.Generator) -> Guess:
        """A person for each feature map."""
        assert view.gallery is not None  # noqa: S101  (the sealed caller checked all three)
        assert view.public is not None  # noqa: S101
        assert view.split is not None  # noqa: S101
        public = encoded(view.split, view.public.images).flatten(1)
        mean, basis = _basis(public, numbered(view.public.labels), self.size)
        known = (encoded(view.split, view.gallery.images).flatten(1) - mean) @ basis
        released = self._denoised(view, rng) if self.queries else view.released
        seen = (released.float().flatten(1) - mean) @ basis
        return Labels(by_best(seen, known, view.gallery.labels, self.best))

    def _denoised(self, view: View, rng: np.random.Generator) -> Tensor:
        if view.query is None:
            raise MissingSight("answers are not shown", value="query", place="the view")
        return FeatureDenoising(queries=self.queries).denoised(view, rng)


def _basis(features: Tensor, labels: Tensor, size: int) -> tuple[Tensor, Tensor]:
    """Mean, and directions scaled to the same spread within people."""
    mean, axes = principal_axes(features, size)
    spread = within_covariance((features - mean) @ axes, labels)
    spread.diagonal().add_(_FLOOR * spread.diagonal().mean())
    return mean, axes @ whitening_map(spread)
