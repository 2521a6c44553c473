"""From a few photos that are public by chance to the key, and from the key to everybody (attack X-4)."""

from dataclasses import dataclass
from typing import ClassVar, Final, final

import numpy as np
import torch
from torch import Tensor

from masquerade.attacks.base import Attack, Control, Guess, Pairs, Ranking, Sight, View
from masquerade.attacks.feature_fingerprint import FeatureFingerprint
from masquerade.attacks.token_recipe import TokenRecipe, tokens_of
from masquerade.attacks.token_solving import Solved, Solver, solver

AGREES: Final = 0.8
"""Cosine from which an undone map and a candidate are taken for the same photo."""


@final
@dataclass(frozen=True)
class TokenEscalation(Attack):
    """No leaked pair: matches by fingerprint are guessed pairs, and the key that most of them confirm is kept.

    Some of the owner's photos are among many candidates that are not. The most confident mutual best matches
    by fingerprint are tried one at a time as a known pair; a right one gives a key under which other right
    matches agree, a wrong one does not (RANSAC, with samples of one). What agrees then becomes pairs as well.

    Args:
        guesses: Matches by fingerprint that are tried, the most confident first.
        rounds: Times that all agreeing matches are taken as pairs and the key is solved again.
        most_pairs: Pairs at most from which a key is solved.
        at_most: Public maps used.
    """

    name: ClassVar[str] = "token_escalation"
    needs: ClassVar[frozenset[Sight]] = frozenset({Sight.RECIPE, Sight.PUBLIC, Sight.CANDIDATES})
    control: ClassVar[Control] = Control(
        "control-tokens-orthogonal", "linkage", 0.9, "all photos shared, and fingerprints exact"
    )

    guesses: int = 40
    rounds: int = 2
    most_pairs: int = 24
    at_most: int = 3000

    def run(self, view: View, rng: np.random.Generator) -> Guess:
        """Cosine of each released map, undone, with each candidate; by fingerprint where no key was found."""
        assert view.recipe is not None  # noqa: S101  (the sealed caller checked it)
        assert view.public is not None  # noqa: S101
        assert view.candidates is not None  # noqa: S101
        recipe = TokenRecipe.from_description(view.recipe)
        by_print = FeatureFingerprint()(view, rng)
        assert isinstance(by_print, Ranking)  # noqa: S101
        public, candidates = tokens_of(view.public.images[: self.at_most]), tokens_of(view.candidates)
        similarity = by_print.similarity.clone()
        for _, rows, maps in recipe.by_key(view.released):
            if len(rows) > 1:
                tokens = recipe.tokens(maps)
                solved = self._solved(
                    solver(tokens, public, recipe.linear), tokens, candidates, similarity[rows]
                )
                if solved is not None:
                    similarity[rows] = solved.similarity(tokens, candidates)
        return Ranking(similarity)

    def _solved(self, by: Solver, released: Tensor, candidates: Tensor, similarity: Tensor) -> Solved | None:
        """The key that most guesses confirm, refined; None if not one confirms another."""
        rows, columns = _confident(similarity, self.guesses)
        best: Solved | None = None
        most = 1
        for row, column in zip(rows, columns, strict=True):
            solved = by.solve(Pairs(candidates[column][None], released[row][None]))
            agreeing = int(_agree(solved, released[rows], candidates[columns]).sum())
            if agreeing > most:
                best, most = solved, agreeing
        for _ in range(self.rounds if best is not None else 0):
            assert best is not None  # noqa: S101
            closeness = best.similarity(released, candidates)
            value, column = closeness.max(1)
            sure = value.argsort(descending=True)[: self.most_pairs]
            sure = sure[(value[sure] > AGREES) & (closeness.argmax(0)[column[sure]] == sure)]
            if not len(sure):
                break
            best = by.solve(Pairs(candidates[column[sure]], released[sure]))
        return best


def _confident(similarity: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """Rows and columns of mutual best matches, those first that lead by most."""
    top = similarity.topk(2, dim=1)
    margin, column = top.values[:, 0] - top.values[:, 1], top.indices[:, 0]
    mutual = similarity.argmax(0)[column] == torch.arange(len(similarity))
    rows = torch.where(mutual, margin, -torch.inf).argsort(descending=True)[: min(count, int(mutual.sum()))]
    return rows, column[rows]


def _agree(solved: Solved, released: Tensor, candidates: Tensor) -> Tensor:
    """Which of matched maps agree: the closest to each other among all, and close."""
    closeness = solved.similarity(released, candidates)
    own = closeness.diagonal()
    return (own > AGREES) & (own >= closeness.amax(1))
