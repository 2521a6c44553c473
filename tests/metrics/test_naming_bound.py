"""Bounds on naming: beside what drawn attackers reach, and at their ends."""

import numpy as np
import pytest
import torch

from masquerade.metrics.people.naming_bound import these_candidates, worst_case

RNG = np.random.default_rng


@pytest.mark.parametrize("deviation", [0.3, 0.8, 2.0])
@pytest.mark.parametrize("numbers", [2, 8, 40])
def test_nobody_beats_the_bound_where_people_lie_far_apart(deviation: float, numbers: int) -> None:
    codes = torch.randn(30, numbers, generator=torch.Generator().manual_seed(1))
    codes /= codes.norm(dim=1, keepdim=True)  # on the surface: as far as they may
    reached = these_candidates(codes, torch.arange(30), deviation, RNG(0)).value
    assert 1 / 30 < reached <= worst_case(30, deviation) + 0.02


def test_the_bound_is_reached_by_two_people_opposite_each_other() -> None:
    codes = torch.tensor([[1.0, 0.0], [-1.0, 0.0]]).repeat(2000, 1)
    people = torch.tensor([0, 1]).repeat(2000)
    assert abs(these_candidates(codes, people, 0.7, RNG(0)).value - worst_case(2, 0.7)) < 0.01


def test_more_photos_are_less_noise_and_more_noise_is_a_blind_guess() -> None:
    assert worst_case(60, 0.8, photos=4) == pytest.approx(worst_case(60, 0.4))
    assert worst_case(60, 1e6) == pytest.approx(1 / 60, abs=1e-4)
    assert worst_case(60, 0.0) == worst_case(1, 3.0) == 1.0
    assert worst_case(60, 0.5) < worst_case(60, 0.5, radius=2.0)


def test_without_noise_a_code_of_its_own_is_a_fingerprint() -> None:
    codes = torch.tensor([[0.0], [1.0], [1.0], [1.0], [2.0]])
    people = torch.tensor([0, 1, 1, 2, 2])
    score = these_candidates(codes, people, 0.0, RNG(0))
    assert score.value == pytest.approx(4 / 5)  # the one photo of person 2 that looks like two of person 1
    assert score.chance == pytest.approx(2 / 5)
