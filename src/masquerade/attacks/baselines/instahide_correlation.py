"""Correlation of absolute values finds the photos that InstaHide mixed; no key, no training (test I-2).

Random signs hide nothing of a pixel's size: where a bright or a dark photo has part in a mixture, the mixture
tends to be far from zero too. Plain correlation is spoilt by what all faces share; divided by the covariance
of the candidates, it weighs what sets photos apart.
"""

from dataclasses import dataclass
from typing import ClassVar, Literal, final

import numpy as np
import torch
from torch import Tensor

from masquerade.attacks.base import Attack, Control, Guess, Membership, Ranking, Sight, View
from masquerade.attacks.baselines.instahide_recipe import InstaHideRecipe
from masquerade.attacks.structure import MIXTURES
from masquerade.errors import NotApplicable


@final
@dataclass(frozen=True)
class InstaHideCorrelation(Attack):
    """Links mixtures to candidate photos, or scores candidates by whether they were mixed in anywhere.

    A mixture has several originals, and which of them is the row's own nothing tells: where linkage counts
    one of k as the right one, the best to expect is about 1/k.

    Args:
        guess: ``"ranking"``: similarity of each mixture to each candidate. ``"membership"``: for each
            candidate the mean of its k largest similarities, since a call mixes every photo k times.
        whitened: Whether the covariance of the candidates is divided out.
        floor: Variance added to it, relative to the mean.
        at_most: Candidates that it is estimated from.
    """

    name: ClassVar[str] = "instahide_correlation"
    needs: ClassVar[frozenset[Sight]] = frozenset({Sight.RECIPE, Sight.CANDIDATES})
    reads: ClassVar[frozenset[str]] = MIXTURES
    control: ClassVar[Control] = Control(
        "instahide-k2", "membership_auc", 0.9, "measured: 1.00 with covariance, 0.90 without; k = 3 alike"
    )

    guess: Literal["ranking", "membership"] = "ranking"
    whitened: bool = True
    floor: float = 0.1
    at_most: int = 2000

    def run(self, view: View, rng: np.random.Generator) -> Guess:
        """Similarities ``(n, m)``, or scores ``(m,)``.

        Raises:
            NotApplicable: If the recipe mixes no photos, or released images have another shape than they.
        """
        assert view.recipe is not None  # noqa: S101  (the sealed caller checked both)
        assert view.candidates is not None  # noqa: S101
        recipe = InstaHideRecipe.from_description(view.recipe)
        if view.released.shape[1:] != view.candidates.shape[1:]:
            raise NotApplicable(
                "mixtures are compared with photos of the same shape",
                value=f"{tuple(view.candidates.shape[1:])}, released {tuple(view.released.shape[1:])}",
                remedy="Show the attack candidates of the released images' shape.",
            )
        seen, known = (
            _centred(sizes.flatten(1))
            for sizes in (recipe.normalised(view.released).abs(), recipe.normalised(view.candidates).abs())
        )
        similarity = _cosine(seen, known) if not self.whitened else self._whitened(seen, known, rng)
        if self.guess == "ranking":
            return Ranking(similarity)
        return Membership(similarity.topk(min(recipe.mixed, len(similarity)), dim=0).values.mean(0))

    def _whitened(self, seen: Tensor, known: Tensor, rng: np.random.Generator) -> Tensor:
        """Cosine under the inverse covariance of the candidates."""
        sample = known[torch.from_numpy(rng.permutation(len(known))[: self.at_most])]
        level = self.floor * float(sample.square().mean())
        divided = [divided_by_covariance(rows, sample, level) for rows in (seen, known)]
        lengths = [
            (rows * turned).sum(1).clamp_min(1e-12).sqrt()
            for rows, turned in zip((seen, known), divided, strict=True)
        ]
        return (seen / lengths[0][:, None]) @ (divided[1] / lengths[1][:, None]).T


def divided_by_covariance(rows: Tensor, sample: Tensor, level: float) -> Tensor:
    """Rows ``(n, d)`` times the inverse of ``sample.T @ sample / m + level``, by way of an m x m system.

    Args:
        rows: What is divided.
        sample: Centred rows ``(m, d)``; m may be smaller than d.
        level: Added to the diagonal, above 0.
    """
    inner = (sample @ sample.T).double() / len(sample)
    inner.diagonal().add_(level)
    factor = torch.linalg.cholesky(inner)
    part = torch.cholesky_solve((sample @ rows.T).double() / len(sample), factor).float()
    divided: Tensor = (rows - part.T @ sample) / level
    return divided


def _centred(rows: Tensor) -> Tensor:
    """Each pixel's mean over the images, then each image's own, taken off."""
    rows = rows - rows.mean(0)
    return rows - rows.mean(1, keepdim=True)


def _cosine(left: Tensor, right: Tensor) -> Tensor:
    a, b = (rows / rows.norm(dim=1, keepdim=True).clamp_min(1e-9) for rows in (left, right))
    cosine: Tensor = a @ b.T
    return cosine
