"""Trackers: they find people who publish photos as they are, and not those whose photos say nothing."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from masquerade.attacks import attack_named
from masquerade.attacks.base import Attack, Tracking, View
from masquerade.attacks.cloaks.adaptive_tracker import AdaptiveTracker
from masquerade.attacks.cloaks.cloak_detection import CloakDetection
from masquerade.attacks.cloaks.tracker import Tracker
from masquerade.errors import AttackError, MissingSight
from masquerade.metrics import EVERY_METRIC, tracked, tracked_others
from masquerade.metrics.base import Truth
from tracking_examples import BYSTANDERS, USERS, Cloak, bare, heavily_tinted, noisy, scene, scrambled, tinted


def run(attack: Attack, view: View, seed: int = 0) -> Tracking:
    guess = attack(view, np.random.default_rng(seed))
    assert isinstance(guess, Tracking)
    return guess


def rate(attack: Attack, cloak: Cloak) -> tuple[float, float]:
    """How often users, and bystanders, are named rightly."""
    view, truth = scene(cloak)
    guess = run(attack, view)
    assert guess.named.shape == (USERS, len(truth.sighting_identities))  # type: ignore[arg-type]
    return tracked(guess, truth).value, tracked_others(guess, truth).value


TRACKERS: dict[str, Attack] = {
    "linear": Tracker(body="pixels"),
    "nearest": Tracker(kind="nearest", body="pixels"),
    "linear, augmented": Tracker(body="pixels", augmentation="noise-and-blur"),
    "fine-tuned": Tracker(kind="fine-tuned", body="public", body_steps=40, first_epochs=4, epochs=3, users=3),
    "scratch": Tracker(kind="scratch", first_epochs=6, epochs=4, users=3),
    "adaptive, whitened": AdaptiveTracker("whitened", body="pixels", masknets=2, pairs=60),
    "adaptive": AdaptiveTracker(body="public", masknets=2, pairs=60, body_steps=40, epochs=2),
}


@pytest.mark.parametrize("name", TRACKERS)
def test_photos_as_they_are_teach_who_is_on_them(name: str) -> None:
    users, others = rate(TRACKERS[name], bare)
    assert users > 0.8
    assert others > 0.7


@pytest.mark.parametrize("name", TRACKERS)
def test_photos_that_say_nothing_teach_nothing(name: str) -> None:
    users, others = rate(TRACKERS[name], scrambled)
    assert users < 0.3
    assert others > 0.7  # the tracker works; it is the user that it does not know


@pytest.mark.parametrize("name", ["linear", "nearest"])
def test_photos_under_wrong_names_teach_the_wrong_person(name: str) -> None:
    view, truth = scene(bare)
    assert view.labels is not None
    swapped = replace(view, labels=(view.labels + 1) % USERS)
    assert tracked(run(TRACKERS[name], swapped), truth).value < 0.3


def test_clean_photos_among_the_cloaked_give_a_user_away() -> None:
    view, truth = scene(scrambled)
    published = scene(bare)[0].released
    assert view.labels is not None
    first = torch.cat([(view.labels == user).nonzero().flatten()[:2] for user in range(USERS)])
    mixed = view.released.clone()
    mixed[first] = published[first]
    attack = Tracker(kind="nearest", body="pixels")
    cloaked = tracked(run(attack, view), truth).value
    assert tracked(run(attack, replace(view, released=mixed)), truth).value > cloaked + 0.4


def test_whoever_cloaked_photos_before_sees_through_a_tint() -> None:
    plain = rate(Tracker(kind="nearest", body="pixels"), heavily_tinted)[0]
    adaptive = AdaptiveTracker("whitened", "nearest", body="pixels", masknets=12, pairs=72)
    assert rate(adaptive, heavily_tinted)[0] > plain + 0.3


@pytest.mark.parametrize(("beside", "cloaked"), [(None, BYSTANDERS * 8), (5, 5), (0, 0)])
def test_so_many_photos_of_bystanders_are_cloaked(beside: int | None, cloaked: int) -> None:
    view, _ = scene(bare)
    worn: list[int] = []

    def counted(images: Tensor) -> Tensor:
        worn.append(len(images))
        return images.float()

    run(
        AdaptiveTracker("whitened", "nearest", "pixels", masknets=1, pairs=20, beside=beside),
        replace(view, fresh=lambda: counted),
    )
    assert sum(worn) == 20 + cloaked


def test_the_same_seed_names_the_same_people() -> None:
    view, _ = scene(tinted)
    attack = Tracker(kind="scratch", first_epochs=1, epochs=1)
    assert torch.equal(run(attack, view).named, run(attack, view).named)


def test_users_beyond_the_budget_have_no_tracker() -> None:
    view, truth = scene(bare)
    named = run(Tracker(body="pixels", users=2), view).named
    assert bool((named[2:] == -1).all())
    assert int(named[:2].min()) >= 0
    assert tracked(Tracking(named), truth).identities == 2


def test_a_user_who_published_nothing_has_no_tracker() -> None:
    view, _ = scene(bare)
    assert view.labels is not None
    kept = view.labels != 1
    named = run(
        Tracker(body="pixels"), replace(view, released=view.released[kept], labels=view.labels[kept])
    ).named
    assert bool((named[1] == -1).all())


@pytest.mark.parametrize(
    ("attack", "hidden"),
    [
        (Tracker(), "recognisers"),
        (Tracker(kind="fine-tuned", body="public"), "public"),
        (Tracker(body="pixels", restore="inversion"), "fresh"),
        (Tracker(body="pixels", restore="inversion", own=True), "own"),
    ],
)
def test_a_sight_that_an_option_needs_is_named(attack: Attack, hidden: str) -> None:
    view, _ = scene(bare)
    with pytest.raises(MissingSight, match=hidden):
        run(attack, replace(view, **{hidden: None}))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("attack", "said"),
    [
        (Tracker(body="nobody"), "no such recogniser"),
        (Tracker(body="pixels", restore="prayer"), "no such restoration"),
        (attack_named("tracker", {"kind": "oracle"}), "no such tracker"),
        (Tracker(kind="fine-tuned", body="sface"), "only a ResNet"),
        (Tracker(body="pixels", restore="inversion", own=True, everywhere=True), "of their own"),
        (attack_named("adaptive_tracker", {"extractor": "x", "body": "pixels"}), "no such extractor"),
    ],
)
def test_options_that_cannot_be_met_are_named(attack: Attack, said: str) -> None:
    view, _ = scene(bare)
    with pytest.raises(AttackError, match=said):
        run(attack, view)


def test_noise_is_seen_and_bare_photos_are_not() -> None:
    detect = CloakDetection(masknets=2, pairs=72, steps=60)

    def auc(cloak: Cloak) -> float:
        view, truth = scene(cloak)
        return EVERY_METRIC["cloak_detection"](detect(view, np.random.default_rng(0)), truth).value

    assert auc(noisy) > 0.95
    assert 0.2 < auc(bare) < 0.8


def test_chance_is_one_of_all_that_a_tracker_knows() -> None:
    view, truth = scene(bare)
    score = tracked(run(TRACKERS["linear"], view), truth)
    assert score.chance == pytest.approx(1 / (BYSTANDERS + 1))
    assert isinstance(truth, Truth)
