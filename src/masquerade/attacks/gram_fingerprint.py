"""Matches photos by how they resemble each other: a matrix key changes pixels, but not resemblance.

Orthogonal matrices keep inner products between images exactly, Gaussian ones and wide random networks nearly,
and a block permutation does not touch their sum over blocks. So released images and candidate photos form the
same graph of resemblances, and graphs can be matched without any key: first by principal coordinates or by how
each image's resemblances are distributed, then by landmarks, the most confident matches, until no match changes.

Not in the paper; ours, in the line of seeded graph matching.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, final

import numpy as np
import torch
from torch import Tensor

from masquerade.attacks.base import Attack, Control, Guess, Ranking, Sight, View
from masquerade.attacks.block_recipe import BlockRecipe
from masquerade.attacks.network_recipe import on_whole_photos

QUANTILES = 64
AXES = (4, 8, 16, 2, 3, 5, 6, 10, 12, 24, 32)
"""Principal axes of the starts: few survive noise, more tell more images apart. A start fails or finds nearly all."""
SETTLED = 0.9
"""Agreement at which a start has succeeded; those that failed stay near 0.3."""


@final
@dataclass(frozen=True)
class GramFingerprint(Attack):
    """Links released images to candidate photos through their mutual resemblances; no key, no pairs.

    Args:
        rounds: Landmark rounds at most.
        first_landmarks: Matches taken as landmarks in the first round.
    """

    name: ClassVar[str] = "gram_fingerprint"
    needs: ClassVar[frozenset[Sight]] = frozenset({Sight.RECIPE, Sight.CANDIDATES})
    control: ClassVar[Control] = Control("control-block4", "linkage", 0.9, "inner products are kept exactly")

    rounds: int = 30
    first_landmarks: int = 20

    def run(self, view: View, rng: np.random.Generator) -> Guess:
        """Similarity of each released image to each candidate after the last round, from the better start."""
        del rng  # the attack draws nothing
        assert view.candidates is not None and view.recipe is not None  # noqa: S101, PT018  (the caller checked)
        candidates = _as_disguised(view.candidates, view.recipe)
        released, candidates = view.released.flatten(1).double(), candidates.flatten(1).double()
        centred = _resemblances(released - released.mean(0)), _resemblances(candidates - candidates.mean(0))
        by_profile = _correlation(_profile(centred[0]), _profile(centred[1]))
        by_norm = -(released.norm(dim=1)[:, None] - candidates.norm(dim=1)[None, :]).abs().float()
        plain = _resemblances(released), _resemblances(candidates)
        by_axes = _axes_similarities(released, candidates)
        starts = (
            *((first, *centred) for first in (*by_axes, by_profile)),
            (by_norm, *centred),
            (by_norm, *plain),
        )
        best, most = by_profile, 0.0
        for start in starts:
            end = self._matched(*start)
            agreement = _agreement(end)
            if agreement > most:
                best, most = end, agreement
            if most >= SETTLED:
                break
        return Ranking(best)

    def _matched(self, similarity: Tensor, released: Tensor, candidates: Tensor) -> Tensor:
        """Rounds of landmarks from a first similarity, until no match changes."""
        landmarks = self.first_landmarks
        previous = torch.full((len(released),), -1)
        for _ in range(self.rounds):
            matched, confidence = _mutual_best(similarity)
            rows = confidence.argsort(descending=True)[:landmarks]
            rows = rows[confidence[rows] > -torch.inf]
            if len(rows) < 2:
                break
            similarity = _correlation(released[:, rows], candidates[:, matched[rows]])
            if bool((matched == previous).all()) and landmarks >= len(released):
                break
            previous = matched
            landmarks = min(len(released), int(landmarks * 1.5))
        return similarity


def _agreement(similarity: Tensor) -> float:
    """Share of released images whose best candidate has them as its best: judged without the truth."""
    return float((_mutual_best(similarity)[1] > -torch.inf).float().mean())


def _as_disguised(images: Tensor, description: Mapping[str, Any]) -> Tensor:
    """Images after the public steps of the disguise: normalised blocks where it has them.

    Raises:
        NotApplicable: If the disguise does not keep resemblance.
    """
    if on_whole_photos(description):
        return images
    recipe = BlockRecipe.from_description(description)
    if not recipe.normalised:
        return images
    grid = recipe.grid((int(images.shape[1]), int(images.shape[2]), int(images.shape[3])))
    blocks = grid.cut(images)
    deviation, mean = torch.std_mean(blocks, (2, 3, 4), keepdim=True)
    return grid.join((blocks - mean) / deviation.clamp_min(1.0))


def _resemblances(images: Tensor) -> Tensor:
    """Cosine between vectors ``(n, d)``, as ``(n, n)``; each one's resemblance to itself left out."""
    unit = images / images.norm(dim=1, keepdim=True).clamp_min(1e-9)
    cosine: Tensor = unit @ unit.T
    return cosine.fill_diagonal_(0.0)


def _profile(resemblances: Tensor) -> Tensor:
    """The distribution of each image's resemblances: quantiles, which no order of the images changes."""
    at = torch.linspace(0, 1, QUANTILES, dtype=resemblances.dtype)
    return torch.quantile(resemblances, at, dim=1).T


def _axes_similarities(released: Tensor, candidates: Tensor) -> list[Tensor]:
    """Closeness in the first few principal coordinates, for each number of axes."""
    a, b = (_principal_coordinates(side) for side in (released, candidates))
    return [-torch.cdist(a[:, :k], b[:, :k]).float() for k in AXES]


def _principal_coordinates(images: Tensor) -> Tensor:
    """Coordinates ``(n, k)``, signs settled by skewness, which a matrix key keeps."""
    centred = images - images.mean(0)
    values, vectors = torch.linalg.eigh(centred @ centred.T)
    scores = (vectors * values.clamp_min(0).sqrt())[:, -max(AXES) :].flip(1)
    signed: Tensor = scores * scores.pow(3).mean(0).sign()
    scaled: Tensor = signed / signed.norm() * len(signed) ** 0.5
    return scaled


def _correlation(left: Tensor, right: Tensor) -> Tensor:
    """Correlation of every row of ``left`` with every row of ``right``, columns standardised first."""
    a, b = (_standardised(side) for side in (left, right))
    return (a @ b.T).float()


def _standardised(rows: Tensor) -> Tensor:
    rows = (rows - rows.mean(0)) / rows.std(0).clamp_min(1e-9)
    centred = rows - rows.mean(1, keepdim=True)
    unit: Tensor = centred / centred.norm(dim=1, keepdim=True).clamp_min(1e-9)
    return unit


def _mutual_best(similarity: Tensor) -> tuple[Tensor, Tensor]:
    """Best candidate of each released image, and by how much it wins; minus infinity unless it is mutual."""
    top = similarity.topk(2, dim=1)
    best = top.indices[:, 0]
    margin = top.values[:, 0] - top.values[:, 1]
    mutual = similarity.argmax(0)[best] == torch.arange(len(similarity))
    return best, torch.where(mutual, margin, torch.full_like(margin, -torch.inf))
