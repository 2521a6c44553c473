"""Ciphertext only: undoes the order of tokens and the secret matrix from moments of the released maps (X-6)."""

from dataclasses import dataclass
from typing import ClassVar, Final, final

import numpy as np
import torch
from torch import Tensor

from masquerade.attacks.base import Attack, Control, Guess, Ranking, Sight, View
from masquerade.attacks.structure import TOKENS
from masquerade.attacks.tokens import permutation as order
from masquerade.attacks.tokens import rotation as turning
from masquerade.attacks.tokens.statistics import TokenStatistics, cosine
from masquerade.attacks.tokens.token_recipe import TokenRecipe, tokens_of
from masquerade.errors import NotApplicable

EXPLAINED: Final = 0.2
"""Share of moments left over at which no other order is tried; a wrong order leaves most of them."""


@final
@dataclass(frozen=True)
class TokenMoments(Attack):
    """Aligns the released tokens' moments with those of other people's tokens; no leaked pair, no shared photo.

    XNN multiplies every token of every photo by one matrix. Whitening both sides leaves a rotation; the mean and
    spread of inner products between positions give the permutation; mean tokens and covariances between
    positions, many more numbers than the rotation has, give the rotation. Then the tokens are as good as bare.
    Ours, in the line of Liu, Giannella and Kargupta (2006). Where each of several keys has a share of the
    images, each is solved by itself.

    Args:
        modes: Modes of positions whose second moments are compared.
        orders: Orders of tokens that are tried, the most likely first.
        at_most: Public maps used.
    """

    name: ClassVar[str] = "token_moments"
    needs: ClassVar[frozenset[Sight]] = frozenset({Sight.RECIPE, Sight.PUBLIC, Sight.CANDIDATES})
    reads: ClassVar[frozenset[str]] = TOKENS - {"TokenNetwork"}
    control: ClassVar[Control] = Control(
        "control-tokens-orthogonal",
        "linkage",
        0.8,
        "measured: an orthogonal matrix falls as a Gaussian one does",
    )

    modes: int = 8
    orders: int = 3
    at_most: int = 3000

    def run(self, view: View, rng: np.random.Generator) -> Guess:
        """Cosine of each released map, undone, with each candidate, both centred by the public mean."""
        del rng  # nothing is drawn
        assert view.recipe is not None  # noqa: S101  (the sealed caller checked it)
        assert view.public is not None  # noqa: S101
        assert view.candidates is not None  # noqa: S101
        recipe = TokenRecipe.from_description(view.recipe)
        if not recipe.linear:
            raise NotApplicable(
                "second moments undo matrices only", value=recipe.token_map, place="the recipe"
            )
        public = tokens_of(view.public.images[: self.at_most])
        candidates = tokens_of(view.candidates) - public.mean(0)
        similarity = torch.zeros(len(view.released), len(candidates))
        for _, rows, maps in recipe.by_key(view.released):
            if len(rows):
                similarity[rows] = cosine(self.undone(recipe.tokens(maps), public), candidates)
        return Ranking(similarity)

    def undone(self, disguised: Tensor, public: Tensor) -> Tensor:
        """Released tokens of one key as originals, centred, ``(n, t, d)``.

        Args:
            disguised: ``(n, t, d)``, all under one key.
            public: Originals of other people, ``(m, t, d)``.
        """
        seen, known = TokenStatistics.of(disguised), TokenStatistics.of(public)
        cloud, model = seen.whitened(disguised), known.whitened(public)
        orders = order.matches(
            order.gram_moments(cloud, seen.whitened_mean), order.gram_moments(model, known.whitened_mean)
        )
        modes = turning.modes_of(model, min(self.modes, model.shape[1]))
        moments = known.whitened_mean, turning.moments_of(model, modes)
        best, least = cloud, float("inf")
        for became in orders[: self.orders]:
            placed = cloud[:, became]
            mean = seen.whitened_mean[became]
            found, left_over = turning.rotation((mean, turning.moments_of(placed, modes)), moments)
            if left_over < least:
                best, least = placed @ found.T, left_over
            if least < EXPLAINED:
                break
        return best @ known.colouring
