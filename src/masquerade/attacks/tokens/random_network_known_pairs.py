"""Known pairs against one secret network for all photos: leaked pairs teach what it makes of any photo."""

from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from masquerade.attacks.base import Attack, Control, Guess, Ranking, Sight, View
from masquerade.attacks.network_recipe import patch_of
from masquerade.attacks.solving import solved
from masquerade.attacks.structure import NETWORKS
from masquerade.attacks.tokens.statistics import cosine
from masquerade.attacks.tokens.token_recipe import tokens_of


@final
@dataclass(frozen=True)
class NetworkKnownPairs(Attack):
    """Regresses released codes on photos, predicts the code of every candidate, and compares.

    Wide random networks are close to linear maps over what sets photos apart, so that ridge regression does
    instead of training a copy: it has no more unknowns than there are pairs. Where the
    network works patch by patch, each place is regressed by itself.

    Args:
        ridge: What is added to the diagonal of the pairs' inner products, relative to its mean.
    """

    name: ClassVar[str] = "network_known_pairs"
    needs: ClassVar[frozenset[Sight]] = frozenset({Sight.RECIPE, Sight.CANDIDATES, Sight.PAIRS})
    reads: ClassVar[frozenset[str]] = NETWORKS
    control: ClassVar[Control] = Control(
        "task-augment", "linkage", 0.9, "measured: 64 pairs link 97 % of 500 photos among 2,000 others"
    )

    ridge: float = 0.1

    def run(self, view: View, rng: np.random.Generator) -> Guess:
        """Cosine of each released code with the predicted one of each candidate, ``(n, m)``.

        Raises:
            NotApplicable: If the recipe is no random network, the same for all photos.
        """
        del rng  # nothing is drawn
        assert view.recipe is not None  # noqa: S101  (the sealed caller checked all three)
        assert view.candidates is not None  # noqa: S101
        assert view.pairs is not None  # noqa: S101
        side = patch_of(view.recipe)
        known, codes = _places(view.pairs.originals, side), tokens_of(view.pairs.disguised).transpose(0, 1)
        asked, released = _places(view.candidates, side), tokens_of(view.released).transpose(0, 1)
        mean = codes.mean(1, keepdim=True)
        predicted = self._predicted(known, codes - mean, asked)
        return Ranking(cosine((released - mean).transpose(0, 1), predicted.transpose(0, 1)))

    def _predicted(self, known: Tensor, codes: Tensor, asked: Tensor) -> Tensor:
        """Codes ``(t, m, e)`` of patches ``asked`` ``(t, m, d)``, as those of ``known`` ``(t, p, d)`` suggest."""
        mean = known.mean(1, keepdim=True)
        known = known - mean
        inner = known @ known.mT
        level = inner.diagonal(dim1=1, dim2=2).mean(1).clamp_min(1e-9)
        inner += self.ridge * level[:, None, None] * torch.eye(inner.shape[1])
        return (asked - mean) @ known.mT @ solved(inner, codes)


def _places(images: Tensor, side: int | None) -> Tensor:
    """Patches ``(t, n, d)`` of images, in reading order; one place, the whole image, without a ``side``."""
    if side is None:
        return images.float().flatten(1)[None]
    return functional.unfold(images.float(), side, stride=side).permute(2, 0, 1)
