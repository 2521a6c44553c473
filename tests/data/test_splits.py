from collections.abc import Mapping

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from masquerade.data import splits
from masquerade.errors import UsageError

GOLDEN = {"a": [8, 9, 10], "b": [0, 1, 2, 4, 7, 11]}
GOLDEN_WITHIN = ([1, 2, 3, 4, 5, 6], [0, 7])
LABELS = torch.arange(40).repeat_interleave(10)


def people(labels: torch.Tensor, rows: torch.Tensor) -> set[int]:
    return set(labels[rows].tolist())


def test_by_identity_is_the_same_for_ever() -> None:
    rows = splits.by_identity(torch.arange(12), {"a": 3, "b": 0.5}, seed=2024)
    assert {name: part.tolist() for name, part in rows.items()} == GOLDEN


def test_within_identity_is_the_same_for_ever() -> None:
    train, test = splits.within_identity(torch.tensor([5, 5, 5, 5, 9, 9, 9, 9]), 0.25, seed=2024)
    assert (train.tolist(), test.tolist()) == GOLDEN_WITHIN


@given(
    st.lists(st.integers(0, 30), min_size=8, max_size=80).filter(lambda labels: len(set(labels)) >= 6),
    st.integers(),
)
def test_nobody_is_in_two_parts_and_shares_of_one_take_everybody(labels: list[int], seed: int) -> None:
    found = torch.tensor(labels)
    rows = splits.by_identity(found, {"owner": 0.5, "public": 0.25, "attacker": 0.25}, seed)
    sets = [people(found, part) for part in rows.values()]
    assert set.union(*sets) == set(labels)
    assert sum(map(len, sets)) == len(set(labels))
    assert sorted(torch.cat(list(rows.values())).tolist()) == list(range(len(labels)))


@given(
    st.lists(st.integers(0, 6), min_size=1, max_size=60),
    st.one_of(st.floats(0.01, 0.99), st.just(1)),
    st.integers(),
)
def test_everybody_is_in_both_parts(labels: list[int], share: float | int, seed: int) -> None:
    labels = labels + sorted(set(labels))  # at least two images each
    found = torch.tensor(labels)
    train, test = splits.within_identity(found, share, seed)
    assert people(found, train) == people(found, test) == set(labels)
    assert sorted([*train.tolist(), *test.tolist()]) == list(range(len(labels)))
    assert train.tolist() == sorted(train.tolist())


def test_counts_and_shares() -> None:
    rows = splits.by_identity(LABELS, {"owner": 12, "public": 0.5}, 1)
    assert {name: len(people(LABELS, part)) for name, part in rows.items()} == {"owner": 12, "public": 20}
    train, test = splits.within_identity(LABELS, 3, 1)
    assert torch.bincount(LABELS[test]).tolist() == [3] * 40
    assert len(train) == 280
    assert len(splits.within_identity(LABELS, 0.2, 1)[1]) == 80


def test_the_seed_decides() -> None:
    first, same, other = (splits.by_identity(LABELS, {"x": 20}, seed)["x"].tolist() for seed in (1, 1, 2))
    assert first == same
    assert first != other
    first, other = (splits.within_identity(LABELS, 0.5, seed)[1].tolist() for seed in (1, 2))
    assert first != other


def test_people_are_not_split_alike() -> None:
    test = splits.within_identity(LABELS, 1, 0)[1] % 10
    assert len(set(test.tolist())) > 4


@pytest.mark.parametrize(
    "parts",
    [
        {"a": 0},
        {"a": -1},
        {"a": 41},
        {"a": 0.8, "b": 0.3},
        {"a": 0.001},
        {"a": 30, "b": 0.5},
        {"a": float("nan")},
        {"a": float("inf")},
        {"a": -0.5},
    ],
)
def test_impossible_parts(parts: Mapping[str, float | int]) -> None:
    with pytest.raises(UsageError, match="40 people"):
        splits.by_identity(LABELS, parts, 1)


@pytest.mark.parametrize("share", [0, 10, 0.0, 1.0, -0.5, float("nan")])
def test_impossible_shares(share: float | int) -> None:
    with pytest.raises(UsageError, match="both parts"):
        splits.within_identity(LABELS, share, 1)


def test_a_person_with_one_image_cannot_be_in_both() -> None:
    with pytest.raises(UsageError, match="label 7"):
        splits.within_identity(torch.tensor([3, 3, 7]), 0.5, 1)
