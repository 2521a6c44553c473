"""Intervals and grades on drawn score tables: they hold as often as they say. No attack is run.

The estimand is the mean over people. "Spread" is the correlation of two photos of one person.
"""

import numpy as np
import pytest

from masquerade.audit.grading.answers import answered
from masquerade.audit.grading.grade import FALSE_ALARMS, Evidence
from masquerade.audit.results import Arm, ControlResult, Leak, Measurement
from masquerade.guesses import Membership
from masquerade.metrics import pool
from masquerade.metrics.base import Score, Truth
from masquerade.metrics.by_person import Shares, mean_by_person, share_by_person, shares_by_person
from masquerade.metrics.people.membership import membership_auc

SPREADS = (0.05, 0.3, 0.8)
SIMULATIONS = 4000
STUDIES = 100
CHANCE = 0.02
HELD = "NOT BROKEN BY THE ATTACKS RUN"
PASSED = ControlResult(recipe="control", metric="identification", value=1, at_least=0.9, passed=True)


def sizes(people: int, kind: str) -> np.ndarray:
    """Photos of each person: ten, or one person has as many as all others together."""
    photos = np.full(people, 10.0)
    if kind == "half":
        photos[0] = photos[1:].sum()
    return photos


def rates(
    rng: np.random.Generator, mean: float | np.ndarray, spread: float, shape: tuple[int, int]
) -> np.ndarray:
    """How often photos of each person are hit: beta, with this mean and correlation."""
    return rng.beta(mean * (1 / spread - 1), (1 - mean) * (1 / spread - 1), shape)


@pytest.mark.parametrize("people", [5, 12, 60])
@pytest.mark.parametrize("spread", SPREADS)
@pytest.mark.parametrize("kind", ["ten", "half"])
@pytest.mark.parametrize("mean", [0.05, 0.5, 0.9])
def test_the_interval_for_other_people_covers(people: int, spread: float, kind: str, mean: float) -> None:
    rng = np.random.default_rng(17)
    photos = sizes(people, kind)
    hits = rng.binomial(photos.astype(int), rates(rng, mean, spread, (SIMULATIONS, people)))
    found = shares_by_person(hits, photos)
    assert np.mean((found.low <= mean) & (mean <= found.high)) >= 0.94


@pytest.mark.parametrize("people", [5, 12, 60])
@pytest.mark.parametrize("spread", SPREADS)
@pytest.mark.parametrize("kind", ["ten", "half"])
def test_the_interval_for_these_people_covers(people: int, spread: float, kind: str) -> None:
    rng = np.random.default_rng(19)
    photos = sizes(people, kind)
    these = rates(rng, 0.3, spread, (SIMULATIONS, people))
    found = shares_by_person(rng.binomial(photos.astype(int), these), photos)
    truth = these.mean(1)
    assert np.mean((found.same_low <= truth) & (truth <= found.same_high)) >= 0.94
    assert np.mean(found.same_high - found.same_low) < np.mean(found.high - found.low) * 1.2


def test_the_mean_over_people_is_not_that_of_who_has_most_photos() -> None:
    """One person has half of the photos and is always hit, others never: an interval over photos is about .5."""
    people = np.concatenate([np.zeros(90), np.repeat(np.arange(1, 10), 10)])
    found = share_by_person("linkage", people == 0, people, 0.01)
    assert found.value == pytest.approx(0.1)
    assert found.low < 0.1 < found.high
    assert found.same_high is not None
    assert found.same_high < 0.2  # over photos: 50 %


def test_with_few_people_intervals_are_as_wide_as_they_must_be() -> None:
    nobody, everybody = shares_by_person(np.zeros((1, 5)), np.full(5, 50.0)), 1 - 0.025 ** (1 / 5)
    assert float(nobody.high[0]) == pytest.approx(everybody)  # none of five people, not none of 250 photos
    assert float(nobody.same_high[0]) < 0.02
    one = shares_by_person(np.full((1, 1), 50.0), np.array([50.0]))
    assert float(one.low[0]) < 0.05


@pytest.mark.parametrize("people", [5, 12, 60])
@pytest.mark.parametrize("spread", [1.0, 5.0, 20.0])
def test_intervals_of_means_cover(people: int, spread: float) -> None:
    rng = np.random.default_rng(23)
    photos = sizes(people, "half").astype(int)
    labels = np.repeat(np.arange(people), photos)
    other, same = [], []
    for _ in range(1000):
        each = 20 + spread * rng.normal(size=people)
        found = mean_by_person("psnr", rng.normal(each[labels], 4.0), labels, 12, (-1000, 1000))
        assert found.same_low is not None
        assert found.same_high is not None
        other.append(found.low <= 20 <= found.high)
        same.append(found.same_low <= each.mean() <= found.same_high)
    assert min(np.mean(other), np.mean(same)) >= 0.935  # .94 less an error of 1,000 simulations


@pytest.mark.parametrize("people", [12, 60])
@pytest.mark.parametrize("shift", [0.0, 1.0])
def test_intervals_of_areas_cover(people: int, shift: float) -> None:
    """Half of the people are members, one of them with as many photos as the others; scores vary by person."""
    rng = np.random.default_rng(29)
    photos = sizes(people, "half").astype(int)
    labels = np.repeat(np.arange(people), photos)
    inside = labels < people // 2
    truth = _candidates(inside, labels)
    area = 0.5 if shift == 0 else float(_normal(shift / np.sqrt(2 * (1 + 1))))
    held = []
    for _ in range(600):
        scores = rng.normal(size=people)[labels] + rng.normal(size=len(labels)) + shift * inside
        found = membership_auc(_membership(scores), truth)
        held.append(found.low <= area <= found.high)
    assert np.mean(held) >= 0.93  # .94 less an error of 600 simulations


def _normal(x: float) -> float:
    from scipy import stats

    return float(stats.norm.cdf(x))


def _membership(scores: np.ndarray) -> Membership:
    import torch

    return Membership(torch.from_numpy(scores))


def _candidates(inside: np.ndarray, labels: np.ndarray) -> Truth:
    import torch

    empty = torch.zeros(1, 1, 2, 2)
    people = torch.from_numpy(labels)
    return Truth(empty, torch.zeros(1), torch.from_numpy(inside), candidate_identities=people)


def measured(score: Score) -> Measurement:
    return Measurement(
        metric=score.name,
        value=score.value,
        chance=score.chance,
        low=score.low,
        high=score.high,
        n=score.n,
        identities=score.identities,
        runs=[],
    )


def studies(
    rng: np.random.Generator, people: int, leaks: list[float], spread: float
) -> list[list[Measurement]]:
    """Studies of attacks that name this share of the photos of each of so many people, in two repetitions."""
    photos = np.clip(rng.geometric(0.15, people), 2, 40)
    means = np.tile(leaks, STUDIES)[:, None]
    each = rates(rng, means, spread, (len(means), people))
    runs = [scores(shares_by_person(rng.binomial(photos, each), photos), photos) for _ in range(2)]
    pooled = [measured(pool(pair)) for pair in zip(*runs, strict=True)]
    return [pooled[start : start + len(leaks)] for start in range(0, len(pooled), len(leaks))]


def scores(found: Shares, photos: np.ndarray) -> list[Score]:
    rows = zip(found.value, found.low, found.high, found.same_low, found.same_high, strict=True)
    n, people = int(photos.sum()), len(photos)
    return [
        Score("identification", float(v), CHANCE, float(a), float(b), n, people, float(c), float(d))
        for v, a, b, c, d in rows
    ]


def grade(numbers: list[Measurement]) -> str:
    leaks = [
        Leak(attack=f"a{i}", title=f"a{i}", shows=[], status="ran", headline=number, control=PASSED)
        for i, number in enumerate(numbers)
    ]
    arm = Arm(
        name="x", title="x", protected=True, recipe={"kind": "OnePassCloak"}, leaks=leaks, grade="INCOMPLETE"
    )
    return answered([arm])[0].grade


@pytest.mark.parametrize("spread", SPREADS)
@pytest.mark.parametrize(
    ("advantage", "right"),
    [(0.0, HELD), (0.15, "WEAKENED"), (0.35, "WEAKENED"), (0.65, "BROKEN"), (0.9, "BROKEN")],
)
def test_protections_away_from_a_border_get_the_right_grade(
    advantage: float, right: str, spread: float
) -> None:
    """With 400 people; with fewer the grade is right or INCOMPLETE. Nine blind attacks run beside the one."""
    leak = CHANCE + advantage * (1 - CHANCE)
    for people, fair in ((12, {right, "INCOMPLETE"}), (60, {right, "INCOMPLETE"}), (400, {right})):
        rng = np.random.default_rng([31, people])
        grades = [grade(numbers) for numbers in studies(rng, people, [leak, *[CHANCE] * 9], spread)]
        assert sum(found in fair for found in grades) >= 0.95 * STUDIES, (
            people,
            {g: grades.count(g) for g in grades},
        )


@pytest.mark.parametrize("people", [5, 12, 60, 158])
@pytest.mark.parametrize("alike", [False, True], ids=["photo by photo", "person by person"])
@pytest.mark.parametrize("chance", [0.002, 0.02, 0.3])
def test_a_random_guesser_is_broken_in_at_most_one_of_a_hundred_studies(
    people: int, alike: bool, chance: float
) -> None:
    """Each study has forty blind attacks; one alarm of any of them counts."""
    rng = np.random.default_rng(37)
    attacks, studies = 40, 500
    photos = np.clip(rng.geometric(0.15, people), 1, 40)
    shape = (attacks * studies, people)
    hits = photos * rng.binomial(1, chance, shape) if alike else rng.binomial(photos, chance, shape)
    found = shares_by_person(hits, photos)
    alarms = np.zeros(len(hits), dtype=bool)
    for i in np.flatnonzero(found.low > chance):  # no stricter end is above where this one is not
        value, low, high = (float(each[i]) for each in (found.value, found.low, found.high))
        score = Score("identification", value, chance, low, high, int(photos.sum()), people)
        evidence = Evidence(measured(score), 1.0, FALSE_ALARMS / attacks)
        alarms[i] = evidence.above
        assert evidence.above or not evidence.breaks
    assert alarms.reshape(studies, attacks).any(1).mean() <= 0.01


def test_the_guard_against_many_attacks_is_needed() -> None:
    """Each at 95 %, of forty blind attacks one or the other is above chance in most studies."""
    rng = np.random.default_rng(41)
    photos = np.full(60, 10.0)
    found = shares_by_person(rng.binomial(10, 0.3, (4000, 60)), photos)
    assert (found.low > 0.3).reshape(100, 40).any(1).mean() > 0.4
