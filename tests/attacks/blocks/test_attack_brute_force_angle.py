"""Trying all angles turns 2 x 2 rows back, one image at a time; nothing else does."""

import numpy as np
import pytest

from attack_examples import disguised_apart, linked, quality, tinted, victims, view
from masquerade.attacks.blocks.brute_force_angle import BruteForceAngle
from masquerade.disguises import BlockMatrix, BlockNormalise, BlockPermutation, Chain, Disguise, Noise
from masquerade.errors import NotApplicable

RNG = np.random.default_rng(0)
ROWS2 = BlockMatrix(2)
NOISE = Chain((BlockNormalise(8), BlockMatrix(8, variant="block")))


@pytest.mark.parametrize(
    ("disguise", "decibels"),
    [
        pytest.param(ROWS2, 27, id="no noise"),
        pytest.param(Chain((Noise(50), ROWS2)), 22.5, id="noise before"),
        pytest.param(
            Chain((BlockMatrix(2, matrix="rotation"), Noise(50))), 22.5, id="rotations, noise after"
        ),
        pytest.param(BlockMatrix((4, 2)), 27, id="tall blocks"),
    ],
)
def test_one_image_is_enough(disguise: Disguise, decibels: float) -> None:
    images = victims()[:40]
    guess = BruteForceAngle()(view(images, disguise), RNG)
    assert linked(guess, images).value > 0.95
    assert quality(guess, images) > decibels
    alone = BruteForceAngle()(view(images[:1], disguise), RNG)
    assert quality(alone, images[:1]) > decibels - 3


def test_a_key_for_each_image_does_not_help() -> None:
    images = victims()[:30]
    assert linked(BruteForceAngle()(view(images, ROWS2, disguised_apart), RNG), images).value > 0.95


@pytest.mark.parametrize("per_channel", [True, False])
def test_colour_is_searched_as_its_matrices_are(per_channel: bool) -> None:
    images = tinted(victims()[:20])
    guess = BruteForceAngle()(view(images, BlockMatrix(2, per_channel=per_channel)), RNG)
    assert quality(guess, images) > 26


def test_images_under_one_key_help_each_other_and_others_do_not() -> None:
    images = victims()[:40]
    together = BruteForceAngle(together=True, angles=360)
    shared = quality(together(view(images, ROWS2), RNG), images)
    assert shared > quality(BruteForceAngle()(view(images, ROWS2), RNG), images) + 3
    assert quality(together(view(images, ROWS2, disguised_apart), RNG), images) < 15


def test_where_there_is_no_angle_nothing_is_found() -> None:
    images = victims()[:30]
    lied_to = view(images, ROWS2, lambda photos, _: disguised_apart(photos, NOISE))
    guess = BruteForceAngle()(lied_to, RNG)
    assert linked(guess, images).value < 0.3
    assert quality(guess, images) < 12


@pytest.mark.parametrize(
    "disguise",
    [
        BlockMatrix(4),
        BlockMatrix(2, variant="block"),
        BlockMatrix(2, matrix="gaussian"),
        BlockPermutation(2),
        Chain((ROWS2, BlockPermutation(2))),
        Chain(()),
    ],
)
def test_other_disguises_are_not_applicable(disguise: Disguise) -> None:
    with pytest.raises(NotApplicable):
        BruteForceAngle()(view(victims()[:2], disguise), RNG)
