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
from masquerade.attacks.moments_permutation import match
from masquerade.attacks.neuracrypt_matching import by_landmarks, by_sizes, mutual, same_columns
from masquerade.attacks.neuracrypt_order import in_order, place_graph, profile_affinity, sizes
from masquerade.errors import NotApplicable

SETTLED: Final = 0.9
"""Share of mutual best matches at which no other start is tried."""


@final
@dataclass(frozen=True)
class NeuraCryptPatches(Attack):
    """Undoes the shuffles, finds which code is which patch, and matches photos by their geometry.

    Every place has a secret row of its own, which the shuffled codes of all photos share: matching each set
    of codes with the mean of all puts them in one order. That order's places are found among the candidates'
    by how places depend on each other. It needs no photo to be in both sets; only matching does.

    Args:
        encoders: Keys of the attacker's own that candidates are encoded under.
        rounds: Rounds in which photos and places are matched in turn, at most.
        landmarks: Most certain matches, resemblance to which tells photos apart in the end.
        landmark_rounds: Rounds of landmarks.
    """

    name: ClassVar[str] = "neuracrypt_patches"
    needs: ClassVar[frozenset[Sight]] = frozenset({Sight.RECIPE, Sight.FRESH, Sight.CANDIDATES})
    control: ClassVar[Control] = Control(
        "neuracrypt", "linkage", 0.9, "Carlini et al. (2021) matched all photos of the authors' challenge"
    )

    encoders: int = 2
    rounds: int = 15
    landmarks: int = 60
    landmark_rounds: int = 4

    def run(self, view: View, rng: np.random.Generator) -> Guess:
        """Similarity of each released set of codes to each candidate, ``(n, m)``.

        Raises:
            NotApplicable: If the recipe is no random patch encoder.
        """
        assert view.recipe is not None  # noqa: S101  (the sealed caller checked all three)
        assert view.fresh is not None  # noqa: S101
        assert view.candidates is not None  # noqa: S101
        _require_neuracrypt(view.recipe)
        released = in_order(_tokens(view.released))
        own = _aligned([in_order(_tokens(view.fresh()(view.candidates))) for _ in range(self.encoders)])
        seen, known = sizes(released), torch.stack([sizes(codes) for codes in own]).mean(0)
        graphs = place_graph([released], seen, rng), place_graph(own, known, rng)
        affinity = profile_affinity(known, seen)
        best, most = torch.zeros(len(seen), len(known)), -1.0
        for weight in (0.0, 1.0, 0.3):
            places = match(graphs[0], graphs[1], weight * affinity, rng).argsort()
            similarity = self._matched(released, own, by_sizes(seen, known, places, self.rounds))
            agreement = float(mutual(similarity)[2].float().mean())
            if agreement > most:
                best, most = similarity, agreement
            if most >= SETTLED:
                break
        return Ranking(best)

    def _matched(self, released: Tensor, own: list[Tensor], start: tuple[Tensor, Tensor]) -> Tensor:
        """Similarity after the landmark rounds, from that of the sizes and the places they were read in."""
        similarity, places = start
        placed = [codes[:, places] for codes in own]
        for _ in range(self.landmark_rounds):
            similarity = by_landmarks(similarity, released, placed, self.landmarks)
        return similarity


def _aligned(own: list[Tensor]) -> list[Tensor]:
    """The attacker's encodings of the same photos, places of all in the order of the first."""
    first = sizes(own[0])
    return [own[0], *(codes[:, same_columns(first, sizes(codes))] for codes in own[1:])]


def _tokens(maps: Tensor) -> Tensor:
    """Codes ``(n, d, h, w)`` as rows ``(n, h w, d)``."""
    return maps.float().flatten(2).transpose(1, 2)


def _require_neuracrypt(description: Mapping[str, Any]) -> None:
    parts = description.get("parts", [])
    if description.get("kind") == "Chain" and len(parts) == 1:
        _require_neuracrypt(parts[0])
    elif description.get("kind") != "NeuraCrypt":
        raise NotApplicable(
            "the attack concerns a random encoder of patches, shuffled for each photo",
            value=str(description.get("kind")),
            place="the recipe",
            remedy="Run it on NeuraCrypt.",
        )
