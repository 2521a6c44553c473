"""Attacks by query: whoever may ask the generator recognises what it made."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from feature_examples import TINY, found, fresh_keys, people, same_photo
from masquerade.attacks.base import Attack, Labelled, View
from masquerade.attacks.tokens.black_box import BlackBox
from masquerade.attacks.tokens.distillation import Distillation
from masquerade.errors import MissingSight

OWNERS, LABELS = people(12, 5, seed=1, spread=0.4)
PUBLIC = Labelled(*people(30, 6, seed=2, spread=0.4))
ATTACKS: tuple[Attack, ...] = (
    BlackBox(options=TINY, steps=80, batch_size=48),
    Distillation(options=TINY, steps=80, batch_size=48),
)
attacks = pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)


def teacher(maps: Tensor) -> Tensor:
    return maps.flatten(1)


def view(query: object, released: Tensor) -> View:
    return View(released, public=PUBLIC, candidates=OWNERS, query=query, teacher=teacher)  # type: ignore[arg-type]


@attacks
def test_finds_people_through_a_disguise_that_it_may_ask(attack: Attack) -> None:
    disguise = fresh_keys(5)()
    assert found(attack(view(disguise, disguise(OWNERS)), np.random.default_rng(0)), LABELS).value > 0.6


@attacks
def test_answers_of_another_key_are_of_no_use(attack: Attack) -> None:
    mine, theirs = fresh_keys(5)(), fresh_keys(6)()
    assert found(attack(view(theirs, mine(OWNERS)), np.random.default_rng(0)), LABELS).value < 0.35


def test_without_training_it_compares_the_answers() -> None:
    disguise = fresh_keys(5)()
    untrained = BlackBox(steps=0)(view(disguise, disguise(OWNERS)), np.random.default_rng(0))
    assert found(untrained, LABELS).value > 0.6
    assert same_photo(untrained) == 1


@attacks
def test_is_the_same_for_the_same_seed(attack: Attack) -> None:
    quick = replace(attack, steps=5)  # type: ignore[type-var]
    once, again = (quick(view(lambda maps: maps, OWNERS), np.random.default_rng(4)) for _ in range(2))
    assert torch.equal(once.similarity, again.similarity)


@attacks
def test_says_what_it_lacks(attack: Attack) -> None:
    with pytest.raises(MissingSight, match="query"):
        attack(replace(view(None, OWNERS), query=None), np.random.default_rng(0))


def test_distillation_needs_a_teacher() -> None:
    blind = replace(view(lambda maps: maps, OWNERS), teacher=None)
    with pytest.raises(MissingSight, match="teacher"):
        ATTACKS[1](blind, np.random.default_rng(0))
