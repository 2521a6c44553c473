"""A listener who finds out from what was intercepted where the noise lies, and compares elsewhere. Ours."""

from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np
import torch
from torch import Tensor

from masquerade.attacks.attacker_recogniser import by_cosine, numbered, require_alike
from masquerade.attacks.base import Attack, Control, Guess, Sight, View
from masquerade.attacks.structure import TRAINED_NOISE
from masquerade.attacks.within_people import principal_axes, whitening_map, within_covariance
from masquerade.encoders.noise_encoder import token_norm


@final
@dataclass(frozen=True)
class DiscriminantListener(Attack):
    """Compares intercepted feature maps with clean ones where spread within people and noise are even.

    How maps differ within people, other people's show (Fisher 1936). Where the noise lies, the intercepted maps show
    themselves: their covariance less that of other people's clean maps, as far as it is positive. Noise along few
    directions is gone then. Nobody is asked, nothing of the generator is known, and no network is trained.

    Args:
        size: Principal components of other people's maps that are compared.
        ridge: What is added on the diagonal, as a share of the mean spread within people.
        photos: Other people's photos at most, of those with most of them.
    """

    name: ClassVar[str] = "discriminant_listener"
    needs: ClassVar[frozenset[Sight]] = frozenset({Sight.PUBLIC, Sight.CANDIDATES})
    reads: ClassVar[frozenset[str]] = TRAINED_NOISE
    control: ClassVar[Control] = Control(
        "xnn-none", "rank1", 0.5, "ours: .96 on tokens of SFace without noise, 58 people of LFW"
    )

    size: int = 400
    ridge: float = 0.3
    photos: int = 1500

    def run(self, view: View, rng: np.random.Generator) -> Guess:
        """A ranking of the clean candidates for each intercepted feature map."""
        del rng
        assert view.public is not None  # noqa: S101  (the sealed caller checked both)
        assert view.candidates is not None  # noqa: S101
        require_alike(view.released, view.candidates)
        rows = _of_most(view.public.labels, self.photos)
        public = token_norm(view.public.images[rows]).flatten(1)
        mean, axes = principal_axes(public, self.size)
        placed = (public - mean) @ axes
        spread = within_covariance(placed, numbered(view.public.labels[rows]))
        spread.diagonal().add_(self.ridge * spread.diagonal().mean())
        seen = (view.released.float().flatten(1) - mean) @ axes
        clean = (token_norm(view.candidates).flatten(1) - mean) @ axes
        even = whitening_map(spread + _positive(_covariance(seen) - _covariance(placed)))
        return by_cosine((seen - seen.mean(0)) @ even, (clean - clean.mean(0)) @ even)


def _of_most(labels: Tensor, photos: int) -> Tensor:
    """Rows of so many photos at most, of the people with most photos first."""
    _, people, counts = torch.unique(labels, return_inverse=True, return_counts=True)
    rows: Tensor = counts[people].argsort(descending=True, stable=True)[:photos]
    return rows


def _covariance(rows: Tensor) -> Tensor:
    rest = rows - rows.mean(0)
    return rest.T @ rest / len(rest)


def _positive(symmetric: Tensor) -> Tensor:
    """The same matrix ``(k, k)`` without what is negative in it."""
    values, vectors = torch.linalg.eigh(symmetric.double())
    rest: Tensor = ((vectors * values.clamp_min(0)) @ vectors.T).to(symmetric.dtype)
    return rest
