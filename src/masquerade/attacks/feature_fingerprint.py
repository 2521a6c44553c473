"""Links released feature maps to candidates by what neither matrix nor permutation changes (attack X-2)."""

from dataclasses import dataclass
from typing import ClassVar, Final, Literal, final

import numpy as np
import torch
from torch import Tensor

from masquerade.attacks.base import Attack, Control, Guess, Ranking, Sight, View
from masquerade.attacks.token_fitting import of_unit_length
from masquerade.attacks.token_recipe import TokenRecipe, tokens_of
from masquerade.attacks.token_statistics import TokenStatistics, cosine
from masquerade.errors import NotApplicable

Kind = Literal["auto", "singular_values", "whitened_gram", "norms", "angles"]
AT_ONCE: Final = 64


@final
@dataclass(frozen=True)
class FeatureFingerprint(Attack):
    """Compares numbers of single photos that are the same before and after the disguise; no key, no pairs.

    Args:
        kind: ``"singular_values"`` of the map as a matrix of tokens, which an orthogonal matrix keeps;
            ``"norms"``: the sorted lengths of tokens, likewise; ``"whitened_gram"``: sorted inner products of
            tokens after each side is whitened by its own second moment, which a matrix of any kind keeps;
            ``"angles"``: sorted cosines of tokens, whose order wide random networks nearly keep;
            ``"auto"``: singular values, whitened Gram or angles, as the recipe says.
    """

    name: ClassVar[str] = "feature_fingerprint"
    needs: ClassVar[frozenset[Sight]] = frozenset({Sight.RECIPE, Sight.CANDIDATES})
    control: ClassVar[Control] = Control(
        "control-tokens-orthogonal", "linkage", 0.95, "singular values are kept exactly; measured: all photos"
    )

    kind: Kind = "auto"

    def run(self, view: View, rng: np.random.Generator) -> Guess:
        """Cosine of standardised fingerprints, ``(n, m)``."""
        del rng  # nothing is drawn
        assert view.recipe is not None  # noqa: S101  (the sealed caller checked it)
        assert view.candidates is not None  # noqa: S101
        recipe = TokenRecipe.from_description(view.recipe)
        kind = _suited(recipe) if self.kind == "auto" else self.kind
        candidates = tokens_of(view.candidates)
        known = _prints(candidates, kind)
        similarity = torch.zeros(len(view.released), len(candidates))
        for _, rows, maps in recipe.by_key(view.released):
            if len(rows) > 1:
                similarity[rows] = _similarity(_prints(recipe.tokens(maps), kind), known)
        return Ranking(similarity)


def _suited(recipe: TokenRecipe) -> Kind:
    match recipe.token_map:
        case "gaussian":
            return "whitened_gram"
        case "network":
            return "angles"
        case _:
            return "singular_values"


def _prints(tokens: Tensor, kind: Kind) -> Tensor:
    """Fingerprints ``(n, f)`` of tokens ``(n, t, d)``."""
    prints: Tensor
    match kind:
        case "singular_values":
            prints = torch.cat([torch.linalg.svdvals(part) for part in torch.split(tokens, AT_ONCE)])
        case "norms":
            prints = tokens.norm(dim=2).sort(1).values
        case "whitened_gram":
            prints = _gram_print(TokenStatistics.of(tokens).whitened(tokens))
        case "angles":
            prints = _gram_print(of_unit_length(tokens))
        case _:
            raise NotApplicable("no such fingerprint", value=kind, place="kind")
    return prints


def _gram_print(rows: Tensor) -> Tensor:
    """Inner products of ``(n, t, d)`` in an order of their own: lengths, edges by node, eigenvalues."""
    parts = []
    for part in torch.split(rows, AT_ONCE):
        gram = part @ part.mT
        own = gram.diagonal(dim1=1, dim2=2)
        by_token = gram.square().sum(2).argsort(1)
        edges = gram.gather(1, by_token[:, :, None].expand_as(gram)).sort(2).values
        parts.append(torch.cat([own.sort(1).values, edges.flatten(1), torch.linalg.eigvalsh(gram)], 1))
    return torch.cat(parts)


def _similarity(released: Tensor, candidates: Tensor) -> Tensor:
    """Cosine after each side is standardised number by number."""
    sides = [(side - side.mean(0)) / side.std(0).clamp_min(1e-9) for side in (released, candidates)]
    return cosine(sides[0], sides[1])
