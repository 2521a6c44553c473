"""Whoever can have maps or photos of their own disguised reads the key out."""

import numpy as np
import pytest
from torch import Tensor

from masquerade.attacks.base import Disguising
from masquerade.attacks.tokens.chosen_plaintext import ChosenFeatures
from masquerade.disguises import Chain, Disguise, Noise
from masquerade.errors import MissingSight, NotApplicable
from token_examples import GAUSSIAN, NETWORK, ORTHOGONAL, TWO_KEYS, disguised, scores, unprotected, view

RNG = np.random.default_rng(0)


def service(disguise: Disguise) -> Disguising:
    def query(maps: Tensor) -> Tensor:
        return disguised(maps, disguise)

    return query


@pytest.mark.parametrize(
    "disguise",
    [GAUSSIAN, ORTHOGONAL, Chain((*GAUSSIAN.parts, Noise(0.1)))],
    ids=["gaussian", "orthogonal", "noise"],
)
def test_as_many_maps_as_a_token_has_numbers_are_enough(disguise: Disguise) -> None:
    asked = []

    def query(maps: Tensor) -> Tensor:
        asked.append(len(maps))
        return disguised(maps, disguise)

    same, second = scores(ChosenFeatures()(view(disguise, query=query), RNG))
    assert same > 0.99
    assert second > unprotected() - 0.1
    assert sum(asked) == 16 + 1


@pytest.mark.parametrize(
    ("disguise", "photos"), [(GAUSSIAN, 1), (TWO_KEYS, 8), (NETWORK, 12)], ids=["matrix", "keys", "network"]
)
def test_photos_make_known_pairs(disguise: Disguise, photos: int) -> None:
    attack = ChosenFeatures(sends="photos", photos=photos)
    assert scores(attack(view(disguise, query=service(disguise)), RNG))[0] > 0.9


def test_a_service_under_another_key_gives_nothing() -> None:
    def query(maps: Tensor) -> Tensor:
        return disguised(maps, GAUSSIAN, secret=2)

    assert scores(ChosenFeatures()(view(GAUSSIAN, query=query), RNG))[0] < 0.1


@pytest.mark.parametrize("disguise", [NETWORK, TWO_KEYS], ids=["network", "keys"])
def test_unit_vectors_read_single_matrices_only(disguise: Disguise) -> None:
    with pytest.raises(NotApplicable, match="photos"):
        ChosenFeatures()(view(disguise, query=service(disguise)), RNG)


def test_photos_of_ones_own_must_be_there() -> None:
    seen = view(GAUSSIAN, query=service(GAUSSIAN), public=None)
    with pytest.raises(MissingSight, match="public"):
        ChosenFeatures(sends="photos")(seen, RNG)
