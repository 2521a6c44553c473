"""Class means name the people behind random labels, and say who is in a release, under keys that keep resemblance."""

import sys

import numpy as np
import pytest
import torch

from class_matching_examples import ORTHOGONAL, PEOPLE, QUICK, pairs, release, rotated
from masquerade.attacks.base import Labelled, Labels, Membership, View
from masquerade.attacks.people.class_matching import ClassMatching
from masquerade.attacks.people.person_membership import PersonMembership
from masquerade.attacks.people.walk import compiled
from masquerade.disguises import BlockMatrix, BlockNormalise, BlockPermutation, Chain, Noise
from masquerade.errors import AttackError
from masquerade.metrics import EVERY_METRIC, Truth

BLOCKS_NOISE = Chain(
    (
        BlockNormalise(8),
        Noise(100),
        BlockMatrix(8, variant="block", matrix="gaussian"),
        BlockPermutation(8),
    )
)


@pytest.mark.parametrize("secret", [1, 2])
def test_other_photos_name_everybody_under_an_orthogonal_key(secret: int) -> None:
    assert release().named(release().under(ORTHOGONAL, secret)) >= 0.95


def test_a_structure_that_nobody_knows_names_them_too() -> None:
    here = release()
    assert here.named(here.view(rotated(here.originals))) >= 0.95
    assert here.named(here.view(rotated(here.originals), recipe={"kind": "SecretRotation"})) >= 0.95


def test_blocks_with_noise_that_changed_places() -> None:
    public = Labelled(release().others.images, release().others.labels)
    assert release().named(release().under(BLOCKS_NOISE, public=public)) >= 0.5


def test_labels_that_are_not_of_people_name_nobody() -> None:
    here = release()
    shuffled = here.labels[torch.randperm(len(here.labels), generator=torch.Generator().manual_seed(0))]
    assert here.named(here.view(rotated(here.originals), shuffled)) <= 0.2


def test_a_key_for_each_photo_names_nobody() -> None:
    here = release()
    apart = torch.cat(
        [rotated(image[None], 10 + k) for k, image in enumerate(here.originals[:, :, ::2, ::2])]
    )
    gallery = Labelled(here.gallery.images[:, :, ::2, ::2], here.gallery.labels)
    assert here.named(here.view(apart, gallery=gallery, recipe=None)) <= 0.3


def test_leaked_pairs_of_other_people_name_those_whom_noise_hid() -> None:
    here, noise = release(), torch.Generator().manual_seed(5)
    noisy = rotated(here.originals) + 180 * torch.randn(here.originals.shape, generator=noise)
    alone = here.named(here.view(noisy))
    helped = here.named(here.view(noisy, pairs=pairs(32)))
    assert helped >= alone + 0.2
    assert helped >= 0.9


def test_numbers_of_photos_name_people_where_vectors_tell_nothing() -> None:
    rng = torch.Generator().manual_seed(0)
    counts = torch.tensor([2, 4, 8, 16, 32, 64, 128, 256])
    people = torch.arange(8).repeat_interleave(counts)
    gallery = Labelled(torch.randn((len(people), 1, 4, 4), generator=rng), people)
    seen = View(torch.randn((len(people), 1, 4, 4), generator=rng), labels=7 - people, gallery=gallery)
    with_counts, without = (
        _labels(ClassMatching(4, 100_000, counts=counts), seen) for counts in (True, False)
    )
    assert float((with_counts == people).float().mean()) >= 0.9
    assert not torch.equal(with_counts, without)


def test_the_same_names_with_any_number_of_threads_and_another_run() -> None:
    here, before = release(), torch.get_num_threads()
    seen, attack = here.under(BLOCKS_NOISE), ClassMatching(2, 200_000)
    try:
        found = []
        for threads in (1, 2, 4, 1):
            torch.set_num_threads(threads)
            found.append(_labels(attack, seen))
    finally:
        torch.set_num_threads(before)
    assert all(torch.equal(found[0], other) for other in found)


def test_more_labels_than_people_whom_the_attacker_knows() -> None:
    here = release()
    known = here.gallery.labels < PEOPLE - 4
    gallery = Labelled(here.gallery.images[known], here.gallery.labels[known])
    assert here.named(here.under(ORTHOGONAL, gallery=gallery)) >= 0.6


def test_who_is_in_it_among_people_who_are_not() -> None:
    here = release()
    people = torch.arange(40)
    truth = Truth(here.originals, here.people, members=people < PEOPLE, candidate_identities=people)
    attack, auc = PersonMembership(QUICK.restarts, QUICK.proposals), EVERY_METRIC["class_membership"]
    seen = here.under(ORTHOGONAL, gallery=here.with_decoys())
    guess = attack(seen, np.random.default_rng(0))
    assert isinstance(guess, Membership)
    assert guess.scores.shape == (40,)
    assert auc(guess, truth).value >= 0.9
    mixed = here.labels[torch.randperm(len(here.labels), generator=torch.Generator().manual_seed(0))]
    blind = attack(
        here.view(rotated(here.originals), mixed, gallery=here.with_decoys()), np.random.default_rng(0)
    )
    score = auc(blind, truth)
    assert score.low <= 0.5 <= score.high


def test_one_label_or_one_person_cannot_be_matched() -> None:
    here = release()
    with pytest.raises(AttackError, match="1 labels, 24 people"):
        QUICK(here.view(rotated(here.originals), torch.zeros_like(here.labels)), np.random.default_rng(0))


def test_without_numba_it_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled.cache_clear()
    monkeypatch.setitem(sys.modules, "numba", None)
    here = release()
    with pytest.raises(AttackError, match=r"numba.*pip install|numba.*extra"):
        QUICK(here.view(rotated(here.originals)), np.random.default_rng(0))


def _labels(attack: ClassMatching, view: View) -> torch.Tensor:
    guess = attack(view, np.random.default_rng(0))
    assert isinstance(guess, Labels)
    return guess.labels
