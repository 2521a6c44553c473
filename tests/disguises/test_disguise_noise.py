"""Noise: its distribution, and what it depends on."""

import numpy as np
import pytest
import torch
from scipy.stats import kstest

from masquerade.disguises import BlockMatrix, Chain, GaussianNoise, Noise
from masquerade.errors import UsageError
from masquerade.keys import Key, KeyStream

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


def test_normal_noise_has_its_deviation_and_tails() -> None:
    flat = torch.full((40, *SHAPE), 7.0)
    flat += torch.arange(40).view(-1, 1, 1, 1)
    noise = GaussianNoise(3).with_key(KEY, SHAPE)(flat) - flat
    assert noise.mean().abs() < 0.05
    assert noise.std() == pytest.approx(3, rel=0.02)
    assert (noise.abs() > 6).float().mean() == pytest.approx(0.0455, abs=0.01)
    assert not torch.equal(noise[0], noise[1])


def test_normal_noise_is_finite_at_both_ends_of_a_field(monkeypatch: pytest.MonkeyPatch) -> None:
    ends = np.array([[0.0, 1 - 2**-24]], np.float32)
    monkeypatch.setattr(KeyStream, "fields", lambda *_: ends)
    noise = GaussianNoise(1).with_key(KEY, (1, 1, 2))(torch.zeros(1, 1, 1, 2)).flatten()
    assert torch.isfinite(noise).all()
    assert float(noise[0]) == pytest.approx(-float(noise[1]), rel=1e-4)


@pytest.mark.parametrize("deviation", [0, -1, float("nan"), float("inf"), "3", True])
def test_a_deviation_is_a_number_above_nothing(deviation: object) -> None:
    with pytest.raises(UsageError, match="deviation"):
        GaussianNoise(deviation)  # type: ignore[arg-type]
