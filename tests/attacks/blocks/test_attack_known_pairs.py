"""A few leaked pairs give away permutation and matrices, whatever their kind."""

import numpy as np
import pytest
import torch
from torch import Tensor

from attack_examples import disguised_apart, linked, quality, tinted, victims, view
from masquerade.attacks.block_recipe import BlockRecipe
from masquerade.attacks.blocks.known_pairs import KnownPairs
from masquerade.attacks.blocks.known_pairs_matching import (
    SHORTLIST,
    MatrixPrior,
    assignment,
    linear_benefit,
    orthogonal_benefit,
)
from masquerade.disguises import BlockMatrix, BlockNormalise, BlockPermutation, Chain, Disguise, Noise
from masquerade.errors import MissingSight

RNG = np.random.default_rng(0)


def permuted(block: int, matrix: BlockMatrix, *more: Disguise) -> Chain:
    return Chain((matrix, BlockPermutation(block), *more))


@pytest.mark.parametrize(
    ("disguise", "pairs", "decibels"),
    [
        pytest.param(permuted(2, BlockMatrix(2)), 2, 90, id="rows 2x2"),
        pytest.param(permuted(8, BlockMatrix(8)), 2, 90, id="rows 8x8"),
        pytest.param(BlockMatrix(16), 1, 60, id="rows 16x16, one pair"),
        pytest.param(Chain((Noise(100), permuted(8, BlockMatrix(8)))), 2, 19, id="rows 8x8, noise 100"),
        pytest.param(permuted(4, BlockMatrix(4, matrix="rotation"), Noise(100)), 4, 20, id="as published"),
        pytest.param(
            permuted(4, BlockMatrix(4, variant="block")), 4, 25, id="vectorised, a quarter of the pairs"
        ),
        pytest.param(permuted(4, BlockMatrix(4, matrix="gaussian")), 2, 50, id="Gaussian rows"),
        pytest.param(permuted(4, BlockMatrix(4, matrix="uniform01"), Noise(10)), 16, 25, id="uniform rows"),
        pytest.param(Chain((BlockPermutation(4), Noise(50))), 1, 22, id="permutation alone"),
        pytest.param(Noise(50), 1, 25, id="noise alone"),
    ],
)
def test_few_pairs_give_all_images(disguise: Disguise, pairs: int, decibels: float) -> None:
    images = victims()
    guess = KnownPairs()(view(images, disguise, pairs=pairs), RNG)
    assert linked(guess, images[pairs:]).value > 0.95
    assert quality(guess, images[pairs:]) > decibels


def test_public_images_are_a_help_and_no_need() -> None:
    images = victims()[:100]
    disguise = Chain((Noise(100), permuted(8, BlockMatrix(8))))
    blind = KnownPairs()(view(images, disguise, pairs=2, shows_public=False), RNG)
    helped = KnownPairs()(view(images, disguise, pairs=2), RNG)
    assert linked(blind, images[2:]).value > 0.9
    assert quality(helped, images[2:]) > quality(blind, images[2:])


def test_normalised_gaussian_blocks_in_colour_need_more_pairs() -> None:
    images = tinted(victims())
    steps = (
        BlockNormalise(8),
        Noise(25),
        BlockMatrix(8, variant="block", matrix="gaussian"),
        BlockPermutation(8),
    )
    scores = [linked(_without_public(images, Chain(steps), k), images[k:]).value for k in (1, 48)]
    assert scores[0] < scores[1]
    assert scores[1] > 0.6


def _without_public(images: Tensor, disguise: Disguise, pairs: int):  # noqa: ANN202
    return KnownPairs()(view(images, disguise, pairs=pairs, shows_public=False), RNG)


def test_a_key_for_each_image_resists() -> None:
    images = victims()[:84]
    guess = KnownPairs()(view(images, permuted(8, BlockMatrix(8)), disguised_apart, pairs=4), RNG)
    assert linked(guess, images[4:]).value < 0.1
    assert quality(guess, images[4:]) < 20


def test_matching_finds_the_permutation() -> None:
    rng = torch.Generator().manual_seed(0)
    blocks = torch.randn(5 * SHORTLIST, 1, 4, 4, generator=rng, dtype=torch.float64)
    turns = torch.linalg.qr(torch.randn(len(blocks), 1, 4, 4, generator=rng, dtype=torch.float64)).Q
    hidden = torch.randperm(len(blocks), generator=rng)
    became = torch.empty_like(blocks)
    became[hidden] = blocks @ turns  # block k went to place hidden[k]
    assert torch.equal(assignment(orthogonal_benefit(became, blocks)), hidden)
    few = slice(None, 40)
    order = hidden[few].argsort().argsort()
    small = became[hidden[few].sort().values]
    assert torch.equal(assignment(orthogonal_benefit(small, blocks[few])), order)
    tall = torch.randn(30, 2, 12, 3, generator=rng, dtype=torch.float64)
    mixed = tall @ torch.rand(30, 2, 3, 3, generator=rng, dtype=torch.float64)
    shuffled = torch.randperm(30, generator=rng)
    benefit = linear_benefit(mixed[shuffled], tall, MatrixPrior(0.5, 1 / 12), 1e-4)
    assert torch.equal(assignment(benefit), shuffled.argsort())


def test_no_pairs_no_attack() -> None:
    with pytest.raises(MissingSight, match="pairs"):
        KnownPairs()(view(victims()[:3], BlockMatrix(4)), RNG)
    assert BlockRecipe.from_description(BlockMatrix(4).describe()).keeps_lengths
