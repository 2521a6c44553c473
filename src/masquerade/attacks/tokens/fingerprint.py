"""Links released feature maps to candidates by what neither matrix nor permutation changes (attack X-2)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Final, Literal, final

import numpy as np
import torch
from torch import Tensor

from masquerade.attacks.base import Attack, Control, Guess, Ranking, Sight, View
from masquerade.attacks.structure import TOKENS
from masquerade.attacks.tokens.graphs import Frame
from masquerade.attacks.tokens.permutation import matches
from masquerade.attacks.tokens.statistics import TokenStatistics, cosine, of_unit_length
from masquerade.attacks.tokens.token_recipe import TokenRecipe, tokens_of
from masquerade.errors import NotApplicable, UnreadStructure

Kind = Literal["auto", "singular_values", "whitened_gram", "norms", "angles", "placed"]
AT_ONCE: Final = 64
ORDERS: Final = 2
"""Orders of tokens that are tried."""


@final
@dataclass(frozen=True)
class FeatureFingerprint(Attack):
    """Compares numbers of single photos that are the same before and after the disguise; no key, no pairs.

    Args:
        kind: ``"singular_values"`` of the map as a matrix of tokens, which an orthogonal matrix keeps;
            ``"norms"``: the sorted lengths of tokens, likewise; ``"whitened_gram"``: sorted inner products of
            tokens after each side is whitened by its own second moment, which a matrix of any kind keeps;
            ``"angles"``: sorted cosines of tokens, whose order wide random networks nearly keep; ``"placed"``:
            inner products of whitened tokens (for networks, of directions) by position, the permutation being
            found from those of all photos, which tells second photos of a person much better;
            ``"auto"``: what the recipe suggests or ``"placed"``, whichever matches more photos mutually.
    """

    name: ClassVar[str] = "feature_fingerprint"
    needs: ClassVar[frozenset[Sight]] = frozenset({Sight.CANDIDATES})
    wants: ClassVar[frozenset[Sight]] = frozenset({Sight.RECIPE})
    reads: ClassVar[frozenset[str]] = TOKENS
    control: ClassVar[Control] = Control(
        "control-tokens-orthogonal", "linkage", 0.95, "singular values are kept exactly; measured: all photos"
    )

    kind: Kind = "auto"

    def run(self, view: View, rng: np.random.Generator) -> Guess:
        """Cosine of standardised fingerprints, ``(n, m)``.

        Raises:
            NotApplicable: If the recipe is of another family, which other attacks were made for.
        """
        del rng  # nothing is drawn
        assert view.candidates is not None  # noqa: S101  (the sealed caller checked it)
        recipe = _read(view)
        candidates = tokens_of(view.candidates)
        others = None if view.public is None else tokens_of(view.public.images)
        similarity = torch.zeros(len(view.released), len(candidates))
        for _, rows, maps in recipe.by_key(view.released):
            if len(rows) > 1:
                found = list(fingerprints(recipe.tokens(maps), candidates, others, recipe, self.kind))
                similarity[rows] = max(found, key=_mutual)
        return Ranking(similarity)


def fingerprints(
    released: Tensor, candidates: Tensor, others: Tensor | None, recipe: TokenRecipe, kind: Kind
) -> Iterator[Tensor]:
    """Similarities ``(n, m)`` by fingerprints of a kind, or of each kind that suits.

    Args:
        released: Tokens under one key, ``(n, t, e)``.
        candidates: ``(m, t, d)``.
        others: Originals of other people, ``(p, t, d)``, for statistics; candidates serve as well.
        recipe: What is known of the disguise.
        kind: As in the attack.
    """
    if kind == "auto":
        yield from fingerprints(released, candidates, others, recipe, "placed")
        yield from fingerprints(released, candidates, others, recipe, _suited(recipe))
    elif kind == "placed":
        for known in (candidates, others):
            if known is not None:
                yield from _by_place(released, candidates, known, recipe)
    else:
        yield _similarity(_prints(released, kind), _prints(candidates, kind))


def _read(view: View) -> TokenRecipe:
    """What is known of the disguise; where the recipe is not to be read, as little as may be."""
    try:
        return TokenRecipe.from_description(view.recipe or {})
    except UnreadStructure:
        return TokenRecipe(permuted=True)


def _suited(recipe: TokenRecipe) -> Kind:
    match recipe.token_map:
        case "gaussian":
            return "whitened_gram"
        case "network":
            return "angles"
        case _:
            return "singular_values"


def _by_place(released: Tensor, candidates: Tensor, known: Tensor, recipe: TokenRecipe) -> Iterator[Tensor]:
    seen, clean = (Frame.of(tokens, recipe.linear) for tokens in (released, known))
    own, edges = seen(released), _edges(clean(candidates))
    for became in matches(seen.graphs, clean.graphs)[:ORDERS]:
        yield _similarity(_edges(own[:, became]), edges)


def _edges(tokens: Tensor) -> Tensor:
    """Inner products of tokens ``(n, t, d)``, each once, ``(n, t (t + 1) / 2)``."""
    a, b = torch.triu_indices(tokens.shape[1], tokens.shape[1])
    return torch.cat([(part @ part.mT)[:, a, b] for part in torch.split(tokens, AT_ONCE)])


def _prints(tokens: Tensor, kind: Kind) -> Tensor:
    """Fingerprints ``(n, f)`` of tokens ``(n, t, d)``, whatever their order."""
    prints: Tensor
    match kind:
        case "singular_values":
            prints = torch.cat([torch.linalg.svdvals(part) for part in torch.split(tokens, AT_ONCE)])
        case "norms":
            prints = tokens.norm(dim=2).sort(1).values
        case "whitened_gram":
            prints = _sorted_gram(TokenStatistics.of(tokens).whitened(tokens))
        case "angles":
            prints = _sorted_gram(of_unit_length(tokens))
        case _:
            raise NotApplicable("no such fingerprint", value=kind, place="kind")
    return prints


def _sorted_gram(rows: Tensor) -> Tensor:
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


def _mutual(similarity: Tensor) -> float:
    """Share of released maps whose best candidate has them as its best: judged without the truth."""
    back = similarity.argmax(0)[similarity.argmax(1)]
    return float((back == torch.arange(len(similarity))).float().mean())
