"""Epsilon of indistinguishability as a score: the floor beside it, and what it needs."""

import pytest
import torch
from torch import Tensor

from masquerade.errors import NotMeasurable
from masquerade.guesses import Labels, Reconstruction
from masquerade.metrics import epsilon_pii
from masquerade.metrics.base import Truth

SHAPE = (3, 4, 4)


def images(count: int, seed: int, brightness: float = 120.0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(count, *SHAPE, generator=generator) * 20 + brightness


def truth(prior: Tensor | None) -> Truth:
    return Truth(images(6, 3), torch.arange(6), prior=prior)


def test_reconstructions_of_the_prior_score_about_the_floor_and_others_more() -> None:
    alike = epsilon_pii(Reconstruction(images(6, 0)), truth(images(12, 1)))
    darker = epsilon_pii(Reconstruction(images(6, 0, 40.0)), truth(images(12, 1)))
    assert alike.value == pytest.approx(alike.chance, rel=0.15)
    assert darker.value > 2 * darker.chance
    assert darker.low <= darker.value <= darker.high
    assert (darker.n, darker.identities) == (6, 6)


def test_few_faces_of_a_prior_bound_the_sample() -> None:
    assert epsilon_pii(Reconstruction(images(6, 0)), truth(images(5, 1))).n == 2


def test_without_a_prior_or_pictures_nothing_is_measured() -> None:
    with pytest.raises(NotMeasurable, match="prior"):
        epsilon_pii(Reconstruction(images(6, 0)), truth(None))
    with pytest.raises(NotMeasurable, match="another kind"):
        epsilon_pii(Labels(torch.zeros(6, dtype=torch.int64)), truth(images(12, 1)))
