"""Known pairs: a leaked photo and its released map give XNN's key away (section 7.2 admits it; attack X-3)."""

from dataclasses import dataclass
from typing import ClassVar, Literal, final

import numpy as np
import torch

from masquerade.attacks.base import Attack, Control, Guess, Pairs, Ranking, Sight, View
from masquerade.attacks.structure import TOKENS
from masquerade.attacks.tokens.solvers import solver
from masquerade.attacks.tokens.token_recipe import TokenRecipe, tokens_of


@final
@dataclass(frozen=True)
class TokenKnownPairs(Attack):
    """Matches the tokens of each pair, regresses originals on disguised tokens, and undoes all released maps.

    Tokens are matched by their inner products after whitening, which neither matrix nor order changes. One pair
    of maps of 7 x 7 tokens shows 49 axes of the matrix; tokens have most of what tells people apart on those.
    Several keys are solved each from its own pairs, and images under a key without a pair are not ranked.

    Args:
        model: What tokens went through: ``"linear"``, a matrix; ``"kernel"``, any smooth function;
            ``"auto"``: as the recipe says.
        at_most: Public maps used.
    """

    name: ClassVar[str] = "token_known_pairs"
    needs: ClassVar[frozenset[Sight]] = frozenset({Sight.RECIPE, Sight.PUBLIC, Sight.CANDIDATES, Sight.PAIRS})
    reads: ClassVar[frozenset[str]] = TOKENS
    control: ClassVar[Control] = Control(
        "control-tokens-orthogonal", "linkage", 0.9, "measured: one pair of 49 tokens of width 192 is enough"
    )

    model: Literal["auto", "linear", "kernel"] = "auto"
    at_most: int = 3000

    def run(self, view: View, rng: np.random.Generator) -> Guess:
        """Cosine of each undone map with each candidate, as far as the pairs showed it."""
        del rng  # nothing is drawn
        assert view.recipe is not None  # noqa: S101  (the sealed caller checked it)
        assert view.public is not None  # noqa: S101
        assert view.candidates is not None  # noqa: S101
        assert view.pairs is not None  # noqa: S101
        recipe = TokenRecipe.from_description(view.recipe)
        linear = recipe.linear if self.model == "auto" else self.model == "linear"
        public, candidates = tokens_of(view.public.images[: self.at_most]), tokens_of(view.candidates)
        similarity = torch.zeros(len(view.released), len(candidates))
        leaked = {key: (rows, maps) for key, rows, maps in recipe.by_key(view.pairs.disguised)}
        for key, rows, maps in recipe.by_key(view.released):
            of_key, disguised = leaked[key]
            if not len(of_key) or not len(rows):
                continue
            pairs = Pairs(tokens_of(view.pairs.originals[of_key]), recipe.tokens(disguised))
            released = recipe.tokens(maps)
            solved = solver(torch.cat([released, pairs.disguised]), public, linear).solve(pairs)
            similarity[rows] = solved.similarity(released, candidates)
        return Ranking(similarity)
