"""Rank-1 identification and verification: known answers, chance, and what cannot be measured."""

import numpy as np
import pytest
import torch

from masquerade.errors import NotMeasurable
from masquerade.guesses import Labels, Ranking
from masquerade.metrics import rank1, recognition, tar_at_far
from masquerade.metrics.base import Truth


def _people(per_person: int = 4, people: int = 20, spread: float = 0.1) -> tuple[torch.Tensor, torch.Tensor]:
    draws = np.random.default_rng(0)
    centres = draws.normal(size=(people, 16))
    rows = np.repeat(centres, per_person, 0) + spread * draws.normal(size=(people * per_person, 16))
    return torch.from_numpy(rows).float(), torch.arange(people).repeat_interleave(per_person)


def _truth(identities: torch.Tensor) -> Truth:
    rows = torch.arange(len(identities))
    return Truth(
        torch.zeros(len(rows), 1, 1, 1), identities, candidate_rows=rows, candidate_identities=identities
    )


def test_people_far_apart_are_all_found_and_the_own_photo_does_not_count() -> None:
    vectors, identities = _people()
    found = recognition(vectors, identities)
    assert found.value == 1
    assert found.identities == 20
    alone = recognition(torch.eye(40), torch.arange(20).repeat_interleave(2))
    # Orthogonal vectors: all 39 others tie, one of them is right; only the own photo would be nearest.
    assert alone.value == pytest.approx(1 / 39)


def test_chance_is_the_share_of_right_candidates() -> None:
    vectors, identities = _people()
    assert recognition(vectors, identities).chance == pytest.approx(3 / 79)
    blind = recognition(torch.from_numpy(np.random.default_rng(1).normal(size=(80, 16))), identities)
    assert blind.low <= 3 / 79 <= blind.high


def test_a_ranking_is_scored_without_the_original_itself() -> None:
    _, identities = _people()
    same_photo = Ranking(torch.eye(80))
    assert rank1(same_photo, _truth(identities)).value == pytest.approx(3 / 79)
    same_person = Ranking((identities[:, None] == identities[None]).float())
    assert rank1(same_person, _truth(identities)).value == 1


def test_people_with_one_photo_are_not_counted() -> None:
    identities = torch.tensor([0, 0, 1, 2])
    score = recognition(torch.tensor([[1.0, 0], [1, 0.1], [0, 1], [-1, 0]]), identities)
    assert (score.n, score.value) == (2, 1)
    with pytest.raises(NotMeasurable, match="two photos"):
        recognition(torch.eye(3), torch.arange(3))


def test_rank1_refuses_what_is_no_ranking() -> None:
    _, identities = _people()
    with pytest.raises(NotMeasurable):
        rank1(Labels(identities), _truth(identities))


def test_verification_finds_genuine_pairs_at_the_rate_of_false_accepts() -> None:
    vectors, identities = _people()
    assert tar_at_far(vectors, identities, 0.01).value == 1
    noise = torch.from_numpy(np.random.default_rng(2).normal(size=(400, 16)))
    blind = tar_at_far(noise, torch.arange(100).repeat_interleave(4), 0.01)
    assert blind.value < 0.05
    assert blind.chance == 0.01


def test_a_rate_that_the_pairs_cannot_show_is_refused() -> None:
    vectors, identities = _people()
    with pytest.raises(NotMeasurable, match="false accept rate"):
        tar_at_far(vectors, identities, 1e-3)
