"""Identity by regularised discriminant analysis that knows the protection's noise. Ours; not in the Crafter paper."""

from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np
import torch
from torch import Tensor

from masquerade.attacks.attacker_recogniser import numbered
from masquerade.attacks.base import Attack, Control, Guess, Labels, Sight, View
from masquerade.attacks.features.adaptive_decoding import plain_and_protected
from masquerade.attacks.features.decoder import encoded
from masquerade.attacks.naming import by_means
from masquerade.attacks.structure import FEATURES
from masquerade.attacks.within_people import principal_axes, whitening_map, within_covariance
from masquerade.errors import MissingSight
from masquerade.networks.features.split import SplitNetwork


@final
@dataclass(frozen=True)
class FeatureLDA(Attack):
    """Names the person whose own features have the nearest mean where spread within people and noise are even.

    The spread within people is that of public people, with a ridge, in the space of their principal components (Fisher
    1936; Friedman 1989). With ``queries`` the covariance of what the protection changes is added to it, as answers
    about public photos show it, and its mean taken off: directions that are drowned count less.

    Args:
        size: Principal components.
        ridge: What is added on the diagonal, as a share of the mean spread.
        queries: Public photos that are asked about (needs the sight ``query``); 0 for none.
    """

    name: ClassVar[str] = "feature_lda"
    needs: ClassVar[frozenset[Sight]] = frozenset({Sight.GALLERY, Sight.PUBLIC, Sight.SPLIT})
    reads: ClassVar[frozenset[str]] = FEATURES
    control: ClassVar[Control] = Control(
        "crafter-none", "identification", 0.3, "ours: midway between a blind guess, .02 to .04, and .61"
    )

    size: int = 900
    ridge: float = 0.3
    queries: int = 0

    def run(self, view: View, rng: np.random.Generator) -> Guess:
        """A person for each feature map."""
        del rng
        assert view.gallery is not None  # noqa: S101  (the sealed caller checked it)
        even = evened(view, self.size, self.ridge, self.queries)
        return Labels(
            by_means(even.seen(view.released), even.plain(view.gallery.images), view.gallery.labels)
        )


@dataclass(frozen=True)
class Evened:
    """A space in which spread within people and the protection's noise are even.

    ``mean``: of public features ``(d,)``. ``axes``: features to that space ``(d, k)``. ``shift``: mean change by the
    protection, there ``(k,)``.
    """

    split: SplitNetwork
    mean: Tensor
    axes: Tensor
    shift: Tensor

    def plain(self, photos: Tensor) -> Tensor:
        """Unprotected features of photos of 0 to 255, there: ``(n, k)``."""
        return (encoded(self.split, photos).flatten(1) - self.mean) @ self.axes

    def seen(self, released: Tensor) -> Tensor:
        """Protected features, there: ``(n, k)``."""
        return (released.float().flatten(1) - self.mean) @ self.axes - self.shift


def evened(view: View, size: int, ridge: float, queries: int) -> Evened:
    """The space, from public photos and answers about them; arguments as ``FeatureLDA``.

    Raises:
        MissingSight: If answers are wanted and not shown.
    """
    assert view.public is not None  # noqa: S101  (the sealed caller checked both)
    assert view.split is not None  # noqa: S101
    public = encoded(view.split, view.public.images).flatten(1)
    mean, axes = principal_axes(public, size)
    spread = within_covariance((public - mean) @ axes, numbered(view.public.labels))
    spread.diagonal().add_(ridge * spread.diagonal().mean())
    shift = torch.zeros(axes.shape[1])
    if queries:
        if view.query is None:
            raise MissingSight("answers are not shown", value="query", place="the view")
        plain, protected = plain_and_protected(view, queries)
        change = (protected - plain).flatten(1) @ axes
        shift = change.mean(0)
        spread = spread + (change - shift).T @ (change - shift) / len(change)
    even = whitening_map(spread)
    return Evened(view.split, mean, axes @ even, shift @ even)
