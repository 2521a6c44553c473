"""Metrics of trackers, of restorations and of detectors: known answers, chance, and what they refuse."""

import pytest
import torch
from torch import Tensor

from masquerade.errors import NotApplicable, NotMeasurable
from masquerade.guesses import Membership, Reconstruction, Tracking
from masquerade.metrics import EVERY_METRIC, energy_removed, tracked, tracked_cloaked, tracked_others
from masquerade.metrics.base import Truth

USERS, BYSTANDERS = 25, 4


def met(clean: int = 3, cloaked: int = 2, others: int = 2) -> tuple[Tensor, Tensor]:
    """Who is on photos met later, and which are cloaked: users' clean, users' cloaked, bystanders'."""
    users, beside = torch.arange(USERS), torch.arange(BYSTANDERS) + USERS
    people = torch.cat([users.repeat(clean), users.repeat(cloaked), beside.repeat(others)])
    worn = torch.zeros(len(people), dtype=torch.bool)
    worn[USERS * clean : USERS * (clean + cloaked)] = True
    return people, worn


def truth_of(people: Tensor, worn: Tensor) -> Truth:
    photos = torch.zeros(USERS, 3, 4, 4)
    return Truth(photos, torch.arange(USERS), sighting_identities=people, sighting_cloaked=worn)


def perfect(people: Tensor) -> Tensor:
    """Each tracker names its user and all bystanders rightly, and another user as the first bystander."""
    named = torch.where(people >= USERS, people - USERS, 0).repeat(USERS, 1)
    own = people[None] == torch.arange(USERS)[:, None]
    return torch.where(own, BYSTANDERS, named)


def test_trackers_that_know_everybody() -> None:
    people, worn = met()
    guess, truth = Tracking(perfect(people)), truth_of(people, worn)
    for metric, photos, who in ((tracked, 75, 25), (tracked_cloaked, 50, 25), (tracked_others, 8, 4)):
        score = metric(guess, truth)
        assert (score.value, score.high, score.n, score.identities) == (1, 1, photos, who)
        assert score.chance == pytest.approx(1 / (BYSTANDERS + 1))


def test_only_a_users_own_tracker_and_own_photos_count() -> None:
    people, worn = met()
    named = perfect(people)
    named[1:, people == 0] = BYSTANDERS  # other trackers take user 0 for their own
    assert tracked(Tracking(named), truth_of(people, worn)).value == 1
    named[0, people == 0] = 2  # the own one does not
    assert tracked(Tracking(named), truth_of(people, worn)).value == pytest.approx(24 / 25)


def test_clean_and_cloaked_photos_are_counted_apart() -> None:
    people, worn = met()
    named = perfect(people)
    named[:, worn] = 0
    assert tracked(Tracking(named), truth_of(people, worn)).value == 1
    assert tracked_cloaked(Tracking(named), truth_of(people, worn)).value == 0


def test_a_tracker_that_sees_its_user_everywhere_is_found_out() -> None:
    people, worn = met()
    named = torch.full((USERS, len(people)), BYSTANDERS)
    assert tracked(Tracking(named), truth_of(people, worn)).value == 1
    assert tracked_others(Tracking(named), truth_of(people, worn)).value == 0


def test_every_user_counts_alike() -> None:
    people, worn = met()
    people, worn = (
        torch.cat([torch.zeros(500, dtype=torch.int64), people]),
        torch.cat([worn[:1].expand(500), worn]),
    )
    named = perfect(people)
    named[0, people == 0] = 1
    score = tracked(Tracking(named), truth_of(people, worn))
    assert score.value == pytest.approx(24 / 25)
    assert score.low < 24 / 25 < score.high


def test_blind_trackers_are_at_chance() -> None:
    people, worn = met(40)
    named = torch.randint(BYSTANDERS + 1, (USERS, len(people)), generator=torch.Generator().manual_seed(1))
    score = tracked(Tracking(named), truth_of(people, worn))
    assert score.low <= score.chance <= score.high


def test_users_without_a_tracker_are_left_out() -> None:
    people, worn = met()
    named = perfect(people)
    named[5:] = -1
    score = tracked(Tracking(named), truth_of(people, worn))
    assert (score.value, score.identities, score.n) == (1, 5, 15)
    with pytest.raises(NotMeasurable):
        tracked(Tracking(torch.full_like(named, -1)), truth_of(people, worn))


def test_who_is_met_must_be_known() -> None:
    people, _ = met()
    with pytest.raises(NotMeasurable, match="sighting_identities"):
        tracked(Tracking(perfect(people)), Truth(torch.zeros(1, 3, 4, 4), torch.zeros(1)))
    with pytest.raises(NotMeasurable, match="another kind"):
        tracked(Membership(torch.zeros(3)), truth_of(*met()))


def cloaked_photos() -> Truth:
    draw = torch.Generator().manual_seed(0)
    originals = 100 + 50 * torch.rand((12, 3, 8, 8), generator=draw)
    worn = originals + 10 * torch.randn(originals.shape, generator=draw)
    return Truth(originals, torch.arange(12) // 3, released=worn)


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_energy_that_is_left(share: float) -> None:
    truth = cloaked_photos()
    assert truth.released is not None
    score = energy_removed(Reconstruction(truth.originals.lerp(truth.released, share)), truth)
    assert score.value == pytest.approx(1 - share**2, abs=1e-6)
    assert (score.chance, score.identities) == (0, 4)


def test_a_restoration_that_harms_is_below_zero() -> None:
    truth = cloaked_photos()
    assert truth.released is not None
    worse = Reconstruction(2 * truth.released - truth.originals)
    assert energy_removed(worse, truth).value == pytest.approx(-3, abs=1e-6)


def test_without_a_cloak_there_is_no_energy() -> None:
    truth = cloaked_photos()
    bare = Truth(truth.originals, truth.identities, released=truth.originals)
    with pytest.raises(NotApplicable, match="no cloak"):
        energy_removed(Reconstruction(truth.originals), bare)
    with pytest.raises(NotMeasurable, match="released"):
        energy_removed(Reconstruction(truth.originals), Truth(truth.originals, truth.identities))


def test_detection_of_cloaked_photos() -> None:
    people, worn = met()
    truth = truth_of(people, worn)
    detected = EVERY_METRIC["cloak_detection"]
    assert detected(Membership(worn.float()), truth).value == 1
    assert detected(Membership(torch.zeros(len(worn))), truth).value == 0.5
    with pytest.raises(NotMeasurable):
        detected(Membership(worn.float()), truth_of(people, torch.zeros_like(worn)))
