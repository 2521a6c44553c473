"""Epsilon of perceptual inversion indistinguishability: exact distances of small samples."""

import sys
from itertools import permutations

import pytest
import torch
from torch import Tensor

from masquerade.errors import NotMeasurable, StudyError
from masquerade.metrics import perceptual_indistinguishability

SHAPE = (3, 4, 4)


def images(count: int, seed: int, brightness: float = 120.0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(count, *SHAPE, generator=generator) * 20 + brightness


def test_the_cheapest_of_all_assignments() -> None:
    rebuilt, prior = images(5, 0, 90.0), images(10, 1)
    found = perceptual_indistinguishability(rebuilt, prior, samples=5)
    halves = [
        min(
            sum(float((rebuilt[i] - half[j]).norm()) for i, j in enumerate(order))
            for order in permutations(range(5))
        )
        / (5 * 255 * 48)
        for half in (prior[:5], prior[5:])
    ]
    assert found.epsilon == pytest.approx(sum(halves) / 2, rel=1e-5)
    assert found.spread == pytest.approx(abs(halves[0] - halves[1]), rel=1e-3)
    assert (found.samples, found.pixels) == (5, 48)


def test_one_shade_between_flat_images() -> None:
    prior = torch.full((4, *SHAPE), 100.0)
    found = perceptual_indistinguishability(prior[:2] + 51, prior, samples=2)
    assert found.epsilon == pytest.approx(0.2 * 48**0.5 / 48)
    assert found.floor == found.spread == 0


def test_the_prior_itself_scores_the_floor_and_others_more() -> None:
    prior = images(80, 1)
    same = perceptual_indistinguishability(images(40, 2), prior, samples=40)
    other = perceptual_indistinguishability(images(40, 2, 160.0), prior, samples=40)
    assert same.epsilon == pytest.approx(same.floor, rel=0.05)
    assert other.floor == same.floor > 0
    assert other.epsilon > 1.5 * other.floor


def test_too_little_to_measure() -> None:
    with pytest.raises(NotMeasurable, match="twice as many"):
        perceptual_indistinguishability(images(5, 0), images(9, 1), samples=5)
    with pytest.raises(NotMeasurable, match="one shape"):
        perceptual_indistinguishability(images(5, 0)[:, :1], images(10, 1), samples=5)
    with pytest.raises(NotMeasurable, match="finite"):
        perceptual_indistinguishability(images(5, 0) / 0, images(10, 1), samples=5)


def test_without_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ot", None)
    with pytest.raises(StudyError, match="POT"):
        perceptual_indistinguishability(images(5, 0), images(10, 1), samples=5)
