"""Membership through the returned model: a model that knows its photos by heart tells which they were."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
import torch
from torch import Tensor

from attack_examples import disguised, faces
from masquerade.attacks.attacker_classifier import TrainingBudget
from masquerade.attacks.base import Labelled, View
from masquerade.attacks.generic.model_membership import ModelMembership
from masquerade.disguises import BlockMatrix
from masquerade.errors import AttackError, MissingSight
from masquerade.guesses import Membership
from masquerade.metrics import membership_auc
from masquerade.metrics.base import Truth
from masquerade.networks import Network
from masquerade.training import fit, probabilities

MEMBERS = torch.arange(200).view(20, 10)[:, :5].flatten()
HELD = torch.arange(200).view(20, 10)[:, 5:].flatten()
PEOPLE = torch.arange(400) // 10
PUBLIC = Labelled(faces()[200:].float(), PEOPLE[200:])
CANDIDATES = torch.cat([faces()[MEMBERS], faces()[HELD]]).float()
TRUTH = Truth(
    CANDIDATES,
    PEOPLE[torch.cat([MEMBERS, HELD])],
    members=torch.arange(200) < 100,
    candidate_identities=PEOPLE[torch.cat([MEMBERS, HELD])],
)
QUICK = ModelMembership(network="mlp", options={}, steps=40)


def rows(images: Tensor) -> Tensor:
    return disguised(images, BlockMatrix(4, "rows", "orthogonal"))


@cache
def by_heart(*, under_key: bool) -> Network:
    """A small network trained on the members until it knows them."""
    images = faces()[MEMBERS].float()
    settings = TrainingBudget("mlp", {}, 60, 50).settings()
    return fit(rows(images) if under_key else images, PEOPLE[MEMBERS], settings, 20, np.random.default_rng(0))


def view(*, under_key: bool = False) -> View:
    network = by_heart(under_key=under_key)
    return View(
        faces()[:1].float(),
        public=PUBLIC,
        candidates=CANDIDATES,
        model=lambda images: probabilities(network, images),
        query=rows,
    )


def auc(attack: ModelMembership, seen: View, truth: Truth = TRUTH) -> float:
    guess = attack(seen, np.random.default_rng(0))
    assert isinstance(guess, Membership)
    return membership_auc(guess, truth).value


@pytest.mark.parametrize("statistic", ["odds", "ratio"])
def test_photos_known_by_heart_are_told_from_others_of_the_same_people(statistic: str) -> None:
    attack = replace(QUICK, statistic=statistic)  # type: ignore[arg-type]
    assert auc(attack, view()) > 0.65
    shuffled = torch.randperm(200, generator=torch.Generator().manual_seed(0))
    assert TRUTH.members is not None
    assert abs(auc(attack, view(), replace(TRUTH, members=TRUTH.members[shuffled])) - 0.5) < 0.12


def test_under_a_key_the_owners_service_has_to_answer() -> None:
    seen = view(under_key=True)
    assert auc(replace(QUICK, asks="disguised"), seen) > 0.75
    assert abs(auc(QUICK, seen) - 0.5) < 0.15
    with pytest.raises(MissingSight, match="service"):
        replace(QUICK, asks="disguised")(replace(seen, query=None), np.random.default_rng(0))


def test_references_never_see_a_candidate() -> None:
    both = replace(view(), candidates=torch.cat([CANDIDATES, PUBLIC.images]))
    with pytest.raises(AttackError, match="no candidates"):
        QUICK(both, np.random.default_rng(0))
