"""A jigsaw solver puts permuted blocks back once a few dozen images share the permutation."""

import numpy as np
import pytest
import torch

from attack_examples import disguised_apart, linked, quality, tinted, victims, view
from masquerade.attacks.blocks.jigsaw import Jigsaw, edge_costs
from masquerade.attacks.blocks.jigsaw_assembly import EdgeCosts, assemble
from masquerade.blocks import BlockGrid
from masquerade.disguises import BlockMatrix, BlockPermutation, Chain, Disguise, Noise
from masquerade.errors import NotApplicable

RNG = np.random.default_rng(0)


@pytest.mark.parametrize(
    ("disguise", "images", "decibels"),
    [
        pytest.param(BlockPermutation(4), 16, 90, id="16 images"),
        pytest.param(BlockPermutation(8), 8, 90, id="larger blocks, 8 images"),
        pytest.param(BlockPermutation(2), 128, 90, id="256 blocks of 4 pixels"),
        pytest.param(Chain((BlockPermutation(4), Noise(50))), 48, 24, id="noise"),
    ],
)
def test_permutation_alone_falls(disguise: Disguise, images: int, decibels: float) -> None:
    originals = victims()[:images]
    guess = Jigsaw()(view(originals, disguise), RNG)
    assert linked(guess, originals).value == 1
    assert quality(guess, originals) > decibels


def test_colour_too() -> None:
    originals = tinted(victims()[:16])
    assert quality(Jigsaw()(view(originals, BlockPermutation((4, 8))), RNG), originals) > 90


def test_a_permutation_for_each_image_resists() -> None:
    originals = victims()[:64]
    score = linked(Jigsaw()(view(originals, BlockPermutation(4), disguised_apart), RNG), originals)
    assert score.low < 3 * score.chance
    assert score.value < 0.25


def test_every_neighbour_is_found() -> None:
    grid = BlockGrid(1, 32, 32, 4, 4)
    blocks = grid.cut(victims()[:24])
    hidden = torch.randperm(grid.count, generator=torch.Generator().manual_seed(3))
    order = assemble(edge_costs(blocks[hidden]), grid.rows, grid.columns)
    assert torch.equal(hidden[torch.from_numpy(order)], torch.arange(grid.count))


def test_useless_costs_still_give_a_permutation() -> None:
    rng = np.random.default_rng(1)
    for costs in (np.zeros((12, 12)), rng.random((12, 12))):
        order = assemble(EdgeCosts(costs, costs), 3, 4)
        assert sorted(order) == list(range(12))


@pytest.mark.parametrize(
    "disguise", [BlockMatrix(4), Chain((BlockMatrix(4), BlockPermutation(4))), Noise(10)]
)
def test_without_a_permutation_alone_it_is_not_applicable(disguise: Disguise) -> None:
    with pytest.raises(NotApplicable):
        Jigsaw()(view(victims()[:2], disguise), RNG)
