"""Numbers of photos name people behind random integers as labels."""

import numpy as np
import pytest
import torch
from torch import Tensor

from masquerade.attacks.base import Labelled, Labels, View
from masquerade.attacks.people.class_sizes import ClassSizes

RNG = np.random.default_rng(0)


def photos(counts: Tensor, names: Tensor) -> tuple[Tensor, Tensor]:
    labels = names.repeat_interleave(counts)
    return torch.zeros(len(labels), 1, 2, 2), labels


def named(released: Tensor, gallery: Tensor, secret: Tensor) -> float:
    """Share of images whose person is found, for counts of the same people and secret integers for them."""
    images, labels = photos(released, secret)
    seen = View(images, labels=labels, gallery=Labelled(*photos(gallery, torch.arange(len(gallery)))))
    guess = ClassSizes()(seen, RNG)
    assert isinstance(guess, Labels)
    right = torch.arange(len(released)).repeat_interleave(released)
    return float((guess.labels == right).float().mean())


def test_counts_that_all_differ_name_everybody() -> None:
    counts = torch.arange(5, 45)
    secret = torch.randperm(40, generator=torch.Generator().manual_seed(0))
    assert named(counts, counts, secret) == 1
    assert named(counts, 3 * counts, secret) == 1  # three public photos for each released one


def test_a_head_start_for_those_with_most_photos() -> None:
    counts = torch.cat([torch.full((30,), 8), torch.tensor([100, 200])])
    share = named(
        counts, torch.cat([torch.full((30,), 7), torch.tensor([80, 210])]), torch.arange(32).flip(0)
    )
    assert share > 300 / 540
    assert share < 0.75


def test_equal_counts_hide_everybody() -> None:
    assert named(torch.full((60,), 5), torch.full((60,), 5), torch.arange(60)) < 0.15


def test_more_classes_than_names_and_fewer() -> None:
    counts = torch.arange(2, 12)
    assert named(counts, counts[:4], torch.arange(10)) > 0
    assert named(counts[:4], counts, torch.arange(4)) >= 0


@pytest.mark.parametrize("seed", [0, 1])
def test_ties_are_broken_by_chance(seed: int) -> None:
    images, labels = photos(torch.full((50,), 3), torch.arange(50))
    guess = ClassSizes()(
        View(images, labels=labels, gallery=Labelled(images, labels)), np.random.default_rng(seed)
    )
    assert isinstance(guess, Labels)
    assert float((guess.labels == labels).float().mean()) < 0.2
