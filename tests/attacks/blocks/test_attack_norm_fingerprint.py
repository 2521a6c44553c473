"""Lengths of rows and blocks tell photos apart, through permutation, noise and changes of length."""

import numpy as np
import pytest
import torch
from torch import Tensor

from attack_examples import disguised, linked, public, victims, view
from masquerade.attacks.base import Ranking
from masquerade.attacks.blocks.norm_fingerprint import NormFingerprint
from masquerade.disguises import BlockMatrix, BlockNormalise, BlockPermutation, Chain, Disguise, Noise
from masquerade.metrics.base import Truth
from masquerade.metrics.people.membership import tpr_at_1_percent


def ranked(images: Tensor, disguise: Disguise, draws: int = 4) -> Ranking:
    """All photos, those of other people last, looked up in the released ones."""
    candidates = torch.cat([images, public().images])
    guess = NormFingerprint(draws)(view(images, disguise, candidates=candidates), np.random.default_rng(0))
    assert isinstance(guess, Ranking)
    assert guess.similarity.shape == (len(images), len(candidates))
    return guess


@pytest.mark.parametrize(
    ("disguise", "at_least"),
    [
        pytest.param(Chain((BlockMatrix(4), BlockPermutation(4))), 0.99, id="rows"),
        pytest.param(Chain((BlockMatrix(8, variant="block"), BlockPermutation(8))), 0.99, id="vectorised"),
        pytest.param(Chain((Noise(100), BlockMatrix(2))), 0.95, id="noise 100, no permutation"),
        pytest.param(Chain((Noise(25), BlockMatrix(4), BlockPermutation(4))), 0.95, id="noise 25"),
        pytest.param(Chain((BlockMatrix(4), BlockPermutation(4), Noise(25))), 0.95, id="noise 25 last"),
        pytest.param(Chain((BlockMatrix(4, matrix="gaussian"), BlockPermutation(4))), 0.9, id="Gaussian"),
        pytest.param(BlockMatrix(4, matrix="uniform01"), 0.9, id="uniform"),
        pytest.param(Noise(50), 0.99, id="no blocks"),
    ],
)
def test_photos_are_recognised_without_a_key(disguise: Disguise, at_least: float) -> None:
    images = victims()
    assert linked(ranked(images, disguise), images).value >= at_least


def test_membership_follows_from_the_ranking() -> None:
    images = victims()
    guess = ranked(images, Chain((Noise(25), BlockMatrix(4), BlockPermutation(4))))
    members = torch.arange(guess.similarity.shape[1]) < len(images)
    truth = Truth(
        images, torch.arange(len(images)), members=members, candidate_identities=torch.arange(len(members))
    )
    assert tpr_at_1_percent(guess, truth).value > 0.9


def test_normalised_blocks_keep_only_what_their_rows_tell() -> None:
    images = victims()
    kept = linked(ranked(images, Chain((BlockMatrix(4, variant="block"), BlockPermutation(4)))), images).value
    steps = (BlockNormalise(4), BlockMatrix(4, variant="block"), BlockPermutation(4))
    assert linked(ranked(images, Chain(steps)), images).value < kept - 0.2


def test_another_photo_is_not_found() -> None:
    images = victims()
    released = disguised(images.flip(0), BlockMatrix(4))
    guess = NormFingerprint()(
        view(images, BlockMatrix(4), lambda *_: released, candidates=images), np.random.default_rng(0)
    )
    assert linked(guess, images).value < 0.05
