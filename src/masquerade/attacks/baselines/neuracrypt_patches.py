"""Links codes of a random patch encoder to photos: another random encoder sees the same resemblances (A-2).

Wide random networks differ in their numbers and hardly in their geometry: which patches they place near each
other, and how far from the mean, is a function of the patches. So the attacker encodes the candidates with
encoders of its own keys and compares geometry with geometry. Carlini et al. (arXiv 2108.07256) learn features
of single patches by two small networks and then train a copy of the encoder; here sizes of deviations and
resemblances to landmarks serve instead, without training.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final, final

import numpy as np
import torch
from torch import Tensor

from masquerade.attacks.base import Attack, Control, Guess, Ranking, Sight, View
from masquerade.attacks.baselines.neuracrypt_matching import Sides, mutual, same_columns
from masquerade.attacks.baselines.neuracrypt_order import in_order, place_graph, profile_affinity, sizes
from masquerade.attacks.quadratic_assignment import match
from masquerade.attacks.structure import SHUFFLED_CODES, outside

SETTLED: Final = 0.98
"""Share of mutual best matches at which no other start is tried."""
PROFILE_WEIGHTS: Final = (0.0, 1.0, 0.3)
"""Starts: how much the distribution of sizes counts beside dependences when places are first matched."""


@final
@dataclass(frozen=True)
class NeuraCryptPatches(Attack):
    """Undoes the shuffles, finds which code is which patch, and matches photos by their geometry.

    Every place has a secret row of its own, which the shuffled codes of all photos share: matching each set
    of codes with the mean of all puts them in one order. That order's places are found among the candidates'
    by how places depend on each other. Few released photos among many candidates resist: 50 of 112x112 among
    100 candidates were all found, among 600 hardly any, 200 among 600 all.

    Args:
        encoders: Keys of the attacker's own that candidates are encoded under.
        rounds: Rounds in which photos and places are matched in turn, at most.
        landmarks: Most certain matches, resemblance to which tells photos apart; twice as many each round.
        landmark_rounds: Rounds of landmarks.
    """

    name: ClassVar[str] = "neuracrypt_patches"
    needs: ClassVar[frozenset[Sight]] = frozenset({Sight.RECIPE, Sight.FRESH, Sight.CANDIDATES})
    reads: ClassVar[frozenset[str]] = SHUFFLED_CODES
    control: ClassVar[Control] = Control(
        "neuracrypt", "linkage", 0.9, "Carlini et al. (2021) matched all photos of the authors' challenge"
    )

    encoders: int = 2
    rounds: int = 15
    landmarks: int = 30
    landmark_rounds: int = 5

    def run(self, view: View, rng: np.random.Generator) -> Guess:
        """Similarity of each released set of codes to each candidate, ``(n, m)``.

        Raises:
            NotApplicable: If it is another family, which other attacks were made for.
            UnreadStructure: If it is unknown, or holds more.
        """
        assert view.recipe is not None  # noqa: S101  (the sealed caller checked all three)
        assert view.fresh is not None  # noqa: S101
        assert view.candidates is not None  # noqa: S101
        require_neuracrypt(view.recipe)
        released = in_order(_tokens(view.released))
        own = _aligned([in_order(_tokens(view.fresh()(view.candidates))) for _ in range(self.encoders)])
        seen, known = sizes(released), torch.stack([sizes(codes) for codes in own]).mean(0)
        graphs = place_graph([released], seen, rng), place_graph(own, known, rng)
        affinity = profile_affinity(known, seen)
        sides = Sides(released, own)
        best, most = torch.zeros(len(seen), len(known)), -1.0
        for weight in PROFILE_WEIGHTS:
            places = match(graphs[0], graphs[1], weight * affinity, rng).argsort()
            similarity = self._matched(sides, places)
            _, margin, is_mutual = mutual(similarity)
            if float(margin.mean()) > most:
                best, most = similarity, float(margin.mean())
            if float(is_mutual.float().mean()) >= SETTLED:
                break
        return Ranking(best)

    def _matched(self, sides: Sides, places: Tensor) -> Tensor:
        """Photos and places in turn, first by sizes and then by landmarks."""
        similarity = sides.by_sizes(places)
        for _ in range(self.rounds):
            found = sides.places(similarity, grams=False)
            if found is None or torch.equal(found, places):
                break
            places = found
            similarity = sides.by_sizes(places)
        for turn in range(self.landmark_rounds):
            similarity = sides.by_landmarks(similarity, places, self.landmarks << turn)
            found = sides.places(similarity, grams=True)
            places = places if found is None else found
        return similarity


def _aligned(own: list[Tensor]) -> list[Tensor]:
    """The attacker's encodings of the same photos, places of all in the order of the first."""
    first = sizes(own[0])
    return [own[0], *(codes[:, same_columns(first, sizes(codes))] for codes in own[1:])]


def _tokens(maps: Tensor) -> Tensor:
    """Codes ``(n, d, h, w)`` as rows ``(n, h w, d)``."""
    return maps.float().flatten(2).transpose(1, 2)


def require_neuracrypt(description: Mapping[str, Any]) -> None:
    """Refuse what is no random encoder of patches alone.

    Raises:
        NotApplicable: If it is another family, which other attacks were made for.
        UnreadStructure: If it is unknown, or holds more.
    """
    parts = description.get("parts", [])
    if description.get("kind") == "Chain" and len(parts) == 1:
        require_neuracrypt(parts[0])
    elif description.get("kind") != "NeuraCrypt":
        raise outside(description, SHUFFLED_CODES, "a random encoder of patches, shuffled for each photo")
