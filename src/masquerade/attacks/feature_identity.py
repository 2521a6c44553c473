"""Original features with identities exposed: who is nearest among known people's features (Crafter, table VIII)."""

from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from masquerade.attacks.base import Attack, Control, Guess, Labels, Sight, View
from masquerade.attacks.feature_decoding import encoded
from masquerade.attacks.feature_denoising import FeatureDenoising
from masquerade.attacks.own_recogniser import numbered
from masquerade.attacks.structure import FEATURES
from masquerade.errors import MissingSight


@final
@dataclass(frozen=True)
class FeatureIdentity(Attack):
    """Names the person whose own unprotected feature map is nearest, without any reconstruction.

    Directions in which features differ within people count less, as public people show. With ``queries`` what the
    protection changes is learned first from answers about public photos, and taken off, which the paper did not run.

    Args:
        size: Principal components that are compared.
        queries: Public photos that are asked about (needs the sight ``query``); 0 for none.
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

    size: int = 150
    queries: int = 0

    def run(self, view: View, rng: np.random.Generator) -> Guess:
        """A person for each feature map."""
        assert view.gallery is not None  # noqa: S101  (the sealed caller checked all three)
        assert view.public is not None  # noqa: S101
        assert view.split is not None  # noqa: S101
        public = encoded(view.split, view.public.images).flatten(1)
        mean, basis = _basis(public, numbered(view.public.labels), self.size)
        known = functional.normalize((encoded(view.split, view.gallery.images).flatten(1) - mean) @ basis)
        released = self._denoised(view, rng) if self.queries else view.released
        seen = functional.normalize((released.float().flatten(1) - mean) @ basis)
        return Labels(view.gallery.labels[(seen @ known.T).argmax(1)])

    def _denoised(self, view: View, rng: np.random.Generator) -> Tensor:
        if view.query is None:
            raise MissingSight("answers are not shown", value="query", place="the view")
        return FeatureDenoising(queries=self.queries).denoised(view, rng)


def _basis(features: Tensor, labels: Tensor, size: int) -> tuple[Tensor, Tensor]:
    """Mean, and directions scaled to the same spread within people."""
    mean = features.mean(0)
    centred = features - mean
    _, _, axes = torch.svd_lowrank(centred, q=min(size, *centred.shape), niter=2)
    placed = centred @ axes
    counts = torch.bincount(labels).float().clamp(min=1)
    means = torch.zeros(len(counts), placed.shape[1]).index_add_(0, labels, placed) / counts[:, None]
    rest = (placed - means[labels])[counts[labels] > 1]
    rest = rest if len(rest) > placed.shape[1] else placed
    within = rest.T @ rest / len(rest)
    values, vectors = torch.linalg.eigh(within)
    floor = 0.05 * values.mean()
    return mean, axes @ (vectors * (values + floor).rsqrt())
