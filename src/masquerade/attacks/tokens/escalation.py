"""From a few photos that are public by chance to the key, and from the key to everybody (attack X-4)."""

from dataclasses import dataclass
from typing import ClassVar, Final, final

import numpy as np
import torch
from torch import Tensor

from masquerade.attacks.base import Attack, Control, Guess, Pairs, Ranking, Sight, View
from masquerade.attacks.structure import TOKENS
from masquerade.attacks.tokens.fingerprint import fingerprints
from masquerade.attacks.tokens.solvers import KeySolver, SolvedKey, solver
from masquerade.attacks.tokens.token_recipe import TokenRecipe, tokens_of

PLENTY: Final = 4
"""Agreeing matches at which no other fingerprint is tried."""
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
    reads: ClassVar[frozenset[str]] = TOKENS
    control: ClassVar[Control] = Control(
        "control-tokens-orthogonal", "linkage", 0.9, "all photos shared, and fingerprints exact"
    )

    guesses: int = 30
    rounds: int = 2
    most_pairs: int = 24
    at_most: int = 3000

    def run(self, view: View, rng: np.random.Generator) -> Guess:
        """Cosine of each released map, undone, with each candidate; by fingerprint where no key was found."""
        del rng  # nothing is drawn
        assert view.recipe is not None  # noqa: S101  (the sealed caller checked it)
        assert view.public is not None  # noqa: S101
        assert view.candidates is not None  # noqa: S101
        recipe = TokenRecipe.from_description(view.recipe)
        public, candidates = tokens_of(view.public.images[: self.at_most]), tokens_of(view.candidates)
        similarity = torch.zeros(len(view.released), len(candidates))
        for _, rows, maps in recipe.by_key(view.released):
            if len(rows) > 1:
                similarity[rows] = self._similarity(recipe.tokens(maps), candidates, public, recipe)
        return Ranking(similarity)

    def _similarity(
        self, released: Tensor, candidates: Tensor, public: Tensor, recipe: TokenRecipe
    ) -> Tensor:
        """By the key that most matches confirm, from the first fingerprint that finds one; else by fingerprint."""
        starts = list(fingerprints(released, candidates, public, recipe, "auto"))
        by = solver(released, public, recipe.linear)
        best: tuple[SolvedKey, int] | None = None
        for start in starts:
            best = max(best, self._first(by, released, candidates, start), key=_agreeing)
            if _agreeing(best) >= PLENTY:
                break
        if best is None:
            return starts[0]
        return self._refined(by, best[0], released, candidates).similarity(released, candidates)

    def _first(
        self, by: KeySolver, released: Tensor, candidates: Tensor, similarity: Tensor
    ) -> tuple[SolvedKey, int] | None:
        """The key that most guesses confirm, and how many; None if not one confirms another."""
        rows, columns = _confident(similarity, self.guesses)
        best: tuple[SolvedKey, int] | None = None
        for row, column in zip(rows, columns, strict=True):
            solved = by.solve(Pairs(candidates[column][None], released[row][None]))
            agreeing = int(_agree(solved, released[rows], candidates[columns]).sum())
            if agreeing > max(1, _agreeing(best)):
                best = solved, agreeing
            if agreeing > len(rows) / 2:
                break
        return best

    def _refined(self, by: KeySolver, solved: SolvedKey, released: Tensor, candidates: Tensor) -> SolvedKey:
        """The key from all pairs of maps that agree under the one before."""
        for _ in range(self.rounds):
            closeness = solved.similarity(released, candidates)
            value, column = closeness.max(1)
            sure = value.argsort(descending=True)[: self.most_pairs]
            sure = sure[(value[sure] > AGREES) & (closeness.argmax(0)[column[sure]] == sure)]
            if not len(sure):
                break
            solved = by.solve(Pairs(candidates[column[sure]], released[sure]))
        return solved


def _agreeing(found: tuple[SolvedKey, int] | None) -> int:
    return 0 if found is None else found[1]


def _confident(similarity: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """Rows and columns of mutual best matches, those first that lead by most."""
    top = similarity.topk(2, dim=1)
    margin, column = top.values[:, 0] - top.values[:, 1], top.indices[:, 0]
    mutual = similarity.argmax(0)[column] == torch.arange(len(similarity))
    rows = torch.where(mutual, margin, -torch.inf).argsort(descending=True)[: min(count, int(mutual.sum()))]
    return rows, column[rows]


def _agree(solved: SolvedKey, released: Tensor, candidates: Tensor) -> Tensor:
    """Which of matched maps agree: the closest to each other among all, and close."""
    closeness = solved.similarity(released, candidates)
    own = closeness.diagonal()
    return (own > AGREES) & (own >= closeness.amax(1))
