"""Matching by resemblance: breaks matrices of every kind without key or pairs, if all photos share them."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from masquerade.attacks.base import Ranking, View
from masquerade.attacks.blocks.gram_fingerprint import GramFingerprint
from masquerade.data import builtin
from masquerade.disguises import BlockMatrix, BlockNormalise, BlockPermutation, Chain, Noise
from masquerade.disguises.base import Disguise
from masquerade.keys import Key

SHAPE = (1, 32, 32)
ORTHOGONAL = Chain((BlockMatrix(8, variant="block"), BlockPermutation(8)))
GAUSSIAN = Chain((BlockMatrix(8, variant="block", matrix="gaussian"), BlockPermutation(8)))
NORMALISED = Chain((BlockNormalise(8), *GAUSSIAN.parts))


@pytest.fixture(scope="module")
def faces() -> Tensor:
    return builtin.orl(32, 32).images


def key(number: int) -> Key:
    return Key.from_secret(number.to_bytes(32, "big"))


def linked(released: Tensor, candidates: Tensor, disguise: Disguise) -> float:
    view = View(released, recipe=disguise.describe(), candidates=candidates.float())
    guess = GramFingerprint()(view, np.random.default_rng(0))
    assert isinstance(guess, Ranking)
    assert guess.similarity.shape == (len(released), len(candidates))
    return float((guess.similarity.argmax(1) == torch.arange(len(released))).float().mean())


@pytest.mark.parametrize(
    "disguise", [ORTHOGONAL, GAUSSIAN, NORMALISED], ids=["orthogonal", "gaussian", "normalised"]
)
def test_links_photos_under_one_key(faces: Tensor, disguise: Disguise) -> None:
    released = disguise.with_key(key(1), SHAPE)(faces[:250])
    assert linked(released, faces[:250], disguise) > 0.95


def test_links_photos_among_photos_of_others(faces: Tensor) -> None:
    released = ORTHOGONAL.with_key(key(2), SHAPE)(faces[:250])
    assert linked(released, faces, ORTHOGONAL) > 0.8


def test_noise_does_not_lead_to_a_match_that_only_agrees_with_itself(faces: Tensor) -> None:
    # with the share of mutual matches as judge a wrong match won, and 4 photos of 1,000 were right
    noisy = Chain((Noise(50), *ORTHOGONAL.parts))
    released = noisy.with_key(key(4), SHAPE)(faces[160:])
    assert linked(released, torch.cat([faces[160:], faces[:160]]), noisy) > 0.9


def test_a_fresh_key_for_every_image_leaves_nothing(faces: Tensor) -> None:
    # normalised first, since a matrix keeps brightness whatever its key
    disguise = replace(NORMALISED)
    released = torch.cat([disguise.with_key(key(i + 3), SHAPE)(faces[i : i + 1]) for i in range(100)])
    assert linked(released, faces[:100], disguise) < 0.08
