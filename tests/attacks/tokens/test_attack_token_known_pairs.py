"""One leaked pair gives XNN's key away; several keys or a network cost the attacker more pairs."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from masquerade.attacks.tokens.known_pairs import TokenKnownPairs
from masquerade.attacks.tokens.regression import fit_kernel, fit_linear
from masquerade.attacks.tokens.statistics import TokenStatistics
from masquerade.disguises import Chain, Disguise, Noise
from masquerade.errors import MissingSight
from token_examples import GAUSSIAN, NETWORK, ORTHOGONAL, TWO_KEYS, TWO_SLOTS, scores, unprotected, view

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("disguise", [GAUSSIAN, ORTHOGONAL], ids=["gaussian", "orthogonal"])
def test_one_pair_is_enough(disguise: Disguise) -> None:
    same, second = scores(TokenKnownPairs()(view(disguise, pairs=1), RNG))
    assert same == 1
    assert second > unprotected() - 0.02


def test_noise_is_met() -> None:
    disguise = Chain((*GAUSSIAN.parts, Noise(0.1)))
    same, second = scores(TokenKnownPairs()(view(disguise, pairs=4), RNG))
    assert same > 0.9
    assert second > 0.6


@pytest.mark.parametrize("disguise", [TWO_KEYS, TWO_SLOTS], ids=["planes", "slots"])
def test_each_key_needs_a_pair(disguise: Disguise) -> None:
    one = scores(TokenKnownPairs()(view(disguise, pairs=1), RNG))[0]
    many = scores(TokenKnownPairs()(view(disguise, pairs=8), RNG))[0]
    assert 0.3 < one < 0.7
    assert many == 1


def test_a_network_needs_more_pairs() -> None:
    one = [scores(TokenKnownPairs()(view(NETWORK, pairs=1, secret=key), RNG))[0] for key in (1, 4, 5)]
    many = scores(TokenKnownPairs()(view(NETWORK, pairs=10), RNG))
    assert min(one) < 0.2  # of ten keys, four fell to one pair (.86 to .99), six did not (.00 to .12)
    assert many[0] > 0.95
    assert many[1] > 0.8


def test_a_key_for_each_photo_resists() -> None:
    assert scores(TokenKnownPairs()(view(GAUSSIAN, apart=True, pairs=3), RNG))[0] < 0.05


def test_no_pairs_no_attack() -> None:
    with pytest.raises(MissingSight, match="pairs"):
        TokenKnownPairs()(replace(view(GAUSSIAN), pairs=None), RNG)


def test_regression_guesses_nothing_where_pairs_show_nothing() -> None:
    rng = torch.Generator().manual_seed(0)
    many = torch.randn(500, 4, 10, generator=rng)
    matrix = torch.randn(10, 10, generator=rng)
    seen, known = TokenStatistics.of(many @ matrix), TokenStatistics.of(many)
    few, rest = many[0], many[1:]
    undoing = fit_linear(few @ matrix, few, seen, known)
    guessed = undoing.undo(rest @ matrix)
    assert torch.allclose(undoing.as_far(few), few, atol=1e-2)
    assert float(guessed.square().mean()) < 0.6 * float(rest.square().mean())
    assert float((guessed - undoing.as_far(rest)).square().mean()) < 0.02
    enough = many[:4].flatten(0, 1)
    assert torch.allclose(
        fit_linear(enough @ matrix, enough, seen, known).undo(rest @ matrix), rest, atol=1e-2
    )


def test_kernel_regression_follows_a_smooth_function() -> None:
    rng = torch.Generator().manual_seed(0)
    disguised = torch.nn.functional.normalize(torch.randn(600, 3, generator=rng), dim=1)
    originals = torch.sin(2 * disguised)
    guessed = fit_kernel(disguised[:300], originals[:300]).undo(disguised[300:][None])[0]
    assert float((guessed - originals[300:]).square().mean()) < 0.01
