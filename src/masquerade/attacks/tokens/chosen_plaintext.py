"""Chosen plaintext: reads the key out of the owner's own service, which disguises whatever it is sent (X-5)."""

from dataclasses import dataclass, replace
from typing import ClassVar, Literal, final

import numpy as np
import torch
from torch import Tensor

from masquerade.attacks.base import Attack, Control, Disguising, Guess, Pairs, Ranking, Sight, View
from masquerade.attacks.structure import TOKENS
from masquerade.attacks.tokens.known_pairs import TokenKnownPairs
from masquerade.attacks.tokens.statistics import cosine
from masquerade.attacks.tokens.token_recipe import TokenRecipe, tokens_of
from masquerade.errors import MissingSight, NotApplicable


@final
@dataclass(frozen=True)
class ChosenFeatures(Attack):
    """Asks for as many maps as a token has numbers, and reads matrix and permutation from the answers.

    Probe ``j`` has the ``j``-th unit vector as every token, times a number that tells its position: the answer's
    tokens are multiples of the matrix's row ``j``, and the multiple says where each token went. Where only
    photos can be sent, a few of the attacker's own make known pairs.

    Args:
        sends: ``"features"`` of the attacker's choice, or ``"photos"``: public ones.
        photos: Photos sent in the second case.
    """

    name: ClassVar[str] = "chosen_features"
    needs: ClassVar[frozenset[Sight]] = frozenset({Sight.RECIPE, Sight.QUERY, Sight.CANDIDATES})
    reads: ClassVar[frozenset[str]] = TOKENS - {"TokenNetwork", "ManyKeys"}
    control: ClassVar[Control] = Control(
        "control-tokens-orthogonal", "linkage", 0.95, "one query for each row of the matrix gives it exactly"
    )

    sends: Literal["features", "photos"] = "features"
    photos: int = 4

    def run(self, view: View, rng: np.random.Generator) -> Guess:
        """Cosine of each released map, undone, with each candidate."""
        assert view.recipe is not None  # noqa: S101  (the sealed caller checked it)
        assert view.query is not None  # noqa: S101
        assert view.candidates is not None  # noqa: S101
        recipe = TokenRecipe.from_description(view.recipe)
        if self.sends == "photos":
            return self._by_photos(view, rng)
        if recipe.keys > 1:
            raise NotApplicable(
                "the key of each probe follows from its content",
                value=f"{recipe.keys} keys",
                place="the recipe",
                remedy='Choose sends = "photos".',
            )
        if not recipe.linear:
            raise NotApplicable(
                "unit vectors read out matrices only",
                value=recipe.token_map,
                place="the recipe",
                remedy='Choose sends = "photos".',
            )
        shape = view.candidates.shape[1:]
        became, matrix = _read_out(view.query, recipe, (int(shape[0]), int(shape[1]), int(shape[2])))
        undone = recipe.tokens(view.released)[:, became].double() @ torch.linalg.pinv(matrix)
        candidates = tokens_of(view.candidates)
        centre = candidates.mean(0)
        return Ranking(cosine(undone.float() - centre, candidates - centre))

    def _by_photos(self, view: View, rng: np.random.Generator) -> Guess:
        if view.public is None:
            raise MissingSight(
                "photos of the attacker's own are needed", value=Sight.PUBLIC, remedy="Show public images."
            )
        assert view.query is not None  # noqa: S101
        public = view.public.images
        sent = public[torch.from_numpy(rng.permutation(len(public))[: self.photos])]
        return TokenKnownPairs()(replace(view, pairs=Pairs(sent, view.query(sent))), rng)


def _read_out(query: Disguising, recipe: TokenRecipe, shape: tuple[int, int, int]) -> tuple[Tensor, Tensor]:
    """Where each token goes ``(t,)`` and the matrix ``(d, e)``, from ``d`` probes."""
    d, height, width = shape
    marks = 1 + torch.arange(height * width) / (height * width)
    probes = torch.eye(d)[:, :, None] * marks
    answers = recipe.tokens(query(probes.reshape(d, d, height, width)) - query(torch.zeros(1, *shape)))
    answers = answers.double() + recipe.noise_after / 2  # the difference has lost the noise's mean already
    lengths = answers.square().sum((0, 2)).sqrt()
    became = torch.empty(len(marks), dtype=torch.int64)
    became[marks.argsort()] = lengths.argsort()
    return became, (answers[:, became] * marks[None, :, None]).sum(1) / marks.square().sum()
