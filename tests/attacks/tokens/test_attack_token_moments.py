"""Moments of released maps give XNN's key away; no pair and no shared photo is needed."""

import numpy as np
import pytest
import torch

from masquerade.attacks.base import Labelled
from masquerade.attacks.tokens.moments import TokenMoments
from masquerade.attacks.tokens.permutation import gram_moments, match
from masquerade.attacks.tokens.rotation import modes_of, moments_of, rotation
from masquerade.disguises import Chain, Disguise, TokenMatrix
from masquerade.errors import NotApplicable
from token_examples import GAUSSIAN, NETWORK, ORTHOGONAL, TWO_KEYS, TWO_SLOTS, maps, scores, view

RNG = np.random.default_rng(0)
ALIKE = Labelled(maps(), torch.arange(400) // 10)
"""Public maps with the statistics of the owners': theirs and other people's."""


@pytest.mark.parametrize("disguise", [GAUSSIAN, ORTHOGONAL], ids=["gaussian", "orthogonal"])
def test_other_peoples_photos_are_enough(disguise: Disguise) -> None:
    same, second = scores(TokenMoments()(view(disguise), RNG))
    assert same > 0.4  # 150 public faces are few; chance is 0.004
    assert second > 0.5


@pytest.mark.parametrize("disguise", [GAUSSIAN, TWO_KEYS, TWO_SLOTS], ids=["one key", "planes", "slots"])
def test_the_better_the_statistics_the_better(disguise: Disguise) -> None:
    same, second = scores(TokenMoments()(view(disguise, public=ALIKE), RNG))
    assert same > 0.9
    assert second > 0.85


def test_without_a_permutation() -> None:
    same, _ = scores(TokenMoments()(view(Chain((TokenMatrix("gaussian"),)), public=ALIKE), RNG))
    assert same > 0.9


def test_a_key_for_each_photo_resists() -> None:
    same, second = scores(TokenMoments()(view(GAUSSIAN, apart=True, public=ALIKE), RNG))
    assert same < 0.05
    assert second < 0.15


def test_networks_are_no_matrices() -> None:
    with pytest.raises(NotApplicable, match="matrices only"):
        TokenMoments()(view(NETWORK), RNG)


def test_a_hidden_rotation_and_order_come_back_exactly() -> None:
    rng = torch.Generator().manual_seed(1)
    mixing = torch.randn(9, 9, generator=rng)
    scales = torch.linspace(0.5, 2, 12) * torch.rand(9, 12, generator=rng)
    cloud = torch.einsum("nsd,st->ntd", torch.randn(400, 9, 12, generator=rng), mixing) * scales
    mean = torch.randn(9, 12, generator=rng)
    hidden = torch.linalg.qr(torch.randn(12, 12, generator=rng)).Q
    became = torch.randperm(9, generator=rng)
    graphs = gram_moments(cloud, mean)
    assert torch.equal(match(graphs[:, became][:, :, became], graphs), became.argsort())
    modes = modes_of(cloud, 5)
    turned = (mean @ hidden, moments_of(cloud @ hidden, modes))
    found, left_over = rotation(turned, (mean, moments_of(cloud, modes)))
    assert torch.allclose(found, hidden, atol=1e-3)
    assert left_over < 1e-4
