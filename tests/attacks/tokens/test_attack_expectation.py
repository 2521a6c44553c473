"""The expectation attack: it recognises without obfuscation, and with it as far as its input allows."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from feature_examples import SHAPE, TINY, found, fresh_keys, people, same_photo, unobfuscated
from masquerade.attacks.base import Labelled, Ranking, View
from masquerade.attacks.tokens.expectation import Expectation
from masquerade.attacks.tokens.expectation_invariant import ExpectationInvariant
from masquerade.attacks.tokens.invariants import key_free, whitened
from masquerade.errors import MissingSight, NotApplicable

QUICK = Expectation(options=TINY, steps=80, batch_size=48)
OWNERS, LABELS = people(12, 5, seed=1)
PUBLIC = Labelled(*people(30, 6, seed=2))
CLEAR = View(OWNERS, public=PUBLIC, candidates=OWNERS, fresh=unobfuscated)
OBFUSCATED = View(fresh_keys(9)()(OWNERS), public=PUBLIC, candidates=OWNERS, fresh=fresh_keys(3))


def test_without_obfuscation_it_recognises() -> None:
    score = found(QUICK(CLEAR, np.random.default_rng(0)), LABELS)
    assert score.value > 0.6
    assert score.chance == pytest.approx(4 / 59)


def test_it_learns_from_a_new_key_each_batch() -> None:
    draws = 0
    keys = fresh_keys(3)

    def counted() -> object:
        nonlocal draws
        draws += 1
        return keys()

    guess = replace(QUICK, steps=10)(replace(OBFUSCATED, fresh=counted), np.random.default_rng(0))
    assert isinstance(guess, Ranking)
    assert guess.similarity.shape == (60, 60)
    assert draws == 10 + 1 + 1  # batches, the input's normalisation, the candidates


def test_raw_input_finds_nothing_under_secret_matrices() -> None:
    assert found(QUICK(OBFUSCATED, np.random.default_rng(0)), LABELS).value < 0.25


def test_invariant_input_finds_the_same_photo_under_any_key() -> None:
    guess = ExpectationInvariant(options=TINY, steps=20, worlds=2)(OBFUSCATED, np.random.default_rng(0))
    assert same_photo(guess) > 0.95


def test_what_keys_leave_alike_is_all_that_the_invariant_attack_sees() -> None:
    clear, hidden = key_free(OWNERS), key_free(OBFUSCATED.released)
    by_token = [maps.flatten(2).sort(dim=2).values for maps in (clear, hidden)]
    assert torch.allclose(*by_token, atol=1e-3)
    assert not torch.allclose(OWNERS, OBFUSCATED.released, atol=0.1)


def test_whitened_tokens_have_no_covariance_left() -> None:
    rows = whitened(OWNERS).flatten(0, 1)
    assert torch.allclose(torch.cov(rows.T), torch.eye(SHAPE[0], dtype=torch.float64), atol=1e-8)


def test_too_few_tokens_are_refused() -> None:
    with pytest.raises(NotApplicable, match="too few tokens"):
        whitened(torch.randn(1, 20, 4, 4))


def test_it_says_what_it_lacks() -> None:
    with pytest.raises(MissingSight, match="fresh"):
        QUICK(replace(CLEAR, fresh=None), np.random.default_rng(0))


def test_one_person_is_not_enough_to_learn_from() -> None:
    alone = Labelled(PUBLIC.images, torch.zeros_like(PUBLIC.labels))
    with pytest.raises(NotApplicable, match="two people"):
        QUICK(replace(CLEAR, public=alone), np.random.default_rng(0))
