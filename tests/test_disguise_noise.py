"""Noise: its distribution, and what it depends on."""

import numpy as np
import pytest
import torch
from scipy.stats import kstest

from masquerade.disguises import BlockMatrix, Chain, Noise
from masquerade.keys import Key

KEY = Key.from_secret(bytes(32))
SHAPE = (3, 32, 32)


def grey(*levels: int) -> torch.Tensor:
    return torch.stack([torch.full(SHAPE, level, dtype=torch.uint8) for level in levels])


def test_it_is_uniform_up_to_the_level() -> None:
    noise = Noise(50).with_key(KEY, SHAPE)(grey(7)) - 7
    assert kstest(noise.flatten().numpy() / 50, "uniform").pvalue > 1e-3
    assert noise.min() >= 0
    assert noise.max() <= 50


def test_it_differs_between_images_places_and_keys() -> None:
    noise = (Noise(50).with_key(KEY, SHAPE)(grey(7, 8)) - grey(7, 8)).flatten(1).numpy()
    other = (Noise(50).with_key(Key.from_secret(b"1" * 32), SHAPE)(grey(7)) - 7).flatten().numpy()
    assert abs(np.corrcoef(noise[0], noise[1])[0, 1]) < 0.1
    assert abs(np.corrcoef(noise[0], other)[0, 1]) < 0.1
    assert abs(np.corrcoef(noise[0, 1:], noise[0, :-1])[0, 1]) < 0.1


def test_the_same_photo_has_the_same_noise_so_that_it_cannot_be_averaged_away() -> None:
    results = Noise(50).with_key(KEY, SHAPE)(grey(7, 8, 7))
    assert torch.equal(results[0], results[2])


def test_noises_of_one_chain_differ() -> None:
    twice = Chain((Noise(1), Noise(1))).with_key(KEY, SHAPE)(grey(7)) - 7
    assert twice.std() == pytest.approx((1 / 6) ** 0.5, rel=0.05)  # both the same would give (1 / 3) ** 0.5


def test_order_in_the_chain_is_the_order_of_the_sum() -> None:
    """(X + noise) R has the noise turned as well; X R + noise has it as it was drawn."""
    blank = grey(0)
    before = Chain((Noise(50), BlockMatrix(4))).with_key(KEY, SHAPE)(blank)
    after = Chain((BlockMatrix(4), Noise(50))).with_key(KEY, SHAPE)(blank)
    assert before.min() < 0
    assert 0 <= after.min() < after.max() <= 50


def test_fractions_of_grey_levels_are_part_of_the_image() -> None:
    noise = Noise(50).with_key(KEY, SHAPE)
    fractional = grey(7).float() + 0.25
    assert not torch.allclose(noise(fractional) - fractional, noise(grey(7)) - 7, atol=1)
