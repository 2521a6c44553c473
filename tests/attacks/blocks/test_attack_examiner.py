"""Examiners: they name people where something is left to see, and say what they lack."""

import numpy as np
import pytest
import torch
from torch import Tensor

from masquerade.attacks.attacker_classifier import TrainingBudget, toned
from masquerade.attacks.base import (
    Attack,
    Control,
    Guess,
    Labelled,
    Labels,
    Ranking,
    Reconstruction,
    Sight,
    View,
)
from masquerade.attacks.blocks.examiner_clean import ExaminerClean
from masquerade.attacks.blocks.examiner_fresh import ExaminerFresh
from masquerade.attacks.blocks.examiner_recovered import ExaminerRecovered
from masquerade.errors import AttackError, MissingSight, NotApplicable, UsageError

QUICK = {"options": {"width": 8, "hidden": 64}, "steps": 60, "batch_size": 32}
PEOPLE = 6


def people(each: int, seed: int) -> tuple[Tensor, Tensor]:
    """Photos ``(n, 1, 16, 16)`` of people who each have a pattern of their own, under changing light."""
    fixed = torch.Generator().manual_seed(0)
    patterns = torch.nn.functional.interpolate(torch.rand((PEOPLE, 1, 4, 4), generator=fixed), (16, 16)) * 160
    changing = torch.Generator().manual_seed(seed)
    labels = torch.arange(PEOPLE).repeat_interleave(each)
    light = 40 * torch.rand((len(labels), 1, 1, 1), generator=changing)
    noise = 12 * torch.randn((len(labels), 1, 16, 16), generator=changing)
    return (patterns[labels] + light + noise).clamp(0, 255), labels


class Halves:
    """A toy disguise: each key puts the two halves of an image in one of two orders."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)

    def __call__(self) -> "type[Tensor]":
        swap = bool(self.rng.integers(2))
        return lambda images: images.roll(8, 3) if swap else images  # type: ignore[return-value]


def seen(released: Tensor, **shown: object) -> View:
    return View(released, gallery=Labelled(*people(20, 1)), **shown)  # type: ignore[arg-type]


def share_right(guess: Guess, labels: Tensor) -> float:
    assert isinstance(guess, Labels)
    return float((guess.labels == labels).float().mean())


def test_the_clean_examiner_names_people_on_unprotected_photos() -> None:
    images, labels = people(8, 2)
    attack = ExaminerClean(**QUICK)
    assert share_right(attack(seen(images), np.random.default_rng(0)), labels) > 0.9


def test_the_clean_examiner_is_not_misled_by_contrast() -> None:
    images, labels = people(8, 2)
    attack = ExaminerClean(**QUICK)
    assert share_right(attack(seen(0.05 * images - 300), np.random.default_rng(0)), labels) > 0.9


def test_the_clean_examiner_sees_nothing_in_noise() -> None:
    images, labels = people(8, 2)
    noise = torch.rand(images.shape, generator=torch.Generator().manual_seed(3)) * 255
    attack = ExaminerClean(**QUICK)
    assert share_right(attack(seen(noise), np.random.default_rng(0)), labels) < 0.5


def test_the_fresh_examiner_learns_what_every_key_leaves() -> None:
    images, labels = people(8, 2)
    view = seen(images.roll(8, 3), fresh=Halves(5))
    fresh = ExaminerFresh(**QUICK | {"steps": 120})(view, np.random.default_rng(0))
    clean = ExaminerClean(**QUICK, shift=0)(view, np.random.default_rng(0))
    assert share_right(fresh, labels) > 0.9
    assert share_right(clean, labels) < share_right(fresh, labels)


class Undo(Attack):
    """A first attack that knows how the toy disguise is undone."""

    name = "undo"
    needs = frozenset({Sight.RECIPE})
    control = Control("none", "linkage", 0.9, "a toy")

    def run(self, view: View, rng: np.random.Generator) -> Guess:
        return Reconstruction(255 - view.released, up_to_symmetry=True)


class Rank(Undo):
    """A first attack that recovers no images."""

    name = "rank"
    needs = frozenset()

    def run(self, view: View, rng: np.random.Generator) -> Guess:
        return Ranking(torch.zeros(len(view.released), 3))


def test_the_examiner_looks_at_recovered_images_whichever_way_up() -> None:
    images, labels = people(8, 2)
    released = 255 - images.transpose(2, 3)
    public = Labelled(*people(2, 9))
    view = seen(released, recipe={"kind": "toy"}, public=public)
    attack = ExaminerRecovered(first=Undo(), **QUICK, shift=0)
    assert share_right(attack(view, np.random.default_rng(0)), labels) > 0.9


def test_what_the_first_attack_lacks_or_gives_is_said() -> None:
    images, _ = people(2, 2)
    public = Labelled(*people(2, 9))
    full = seen(images, recipe={"kind": "toy"}, public=public)
    with pytest.raises(AttackError, match="rank gives a Ranking"):
        ExaminerRecovered(first=Rank(), **QUICK)(full, np.random.default_rng(0))
    with pytest.raises(MissingSight, match="recipe"):
        ExaminerRecovered(first=Undo(), **QUICK)(seen(images, public=public), np.random.default_rng(0))


@pytest.mark.parametrize("attack", [ExaminerClean, ExaminerFresh, ExaminerRecovered])
def test_an_examiner_needs_a_gallery(attack: type[Attack]) -> None:
    with pytest.raises(MissingSight, match="gallery"):
        attack()(View(people(1, 2)[0]), np.random.default_rng(0))


def test_images_of_another_shape_do_not_concern_the_clean_examiner() -> None:
    images, _ = people(2, 2)
    with pytest.raises(NotApplicable, match="shape"):
        ExaminerClean(**QUICK)(seen(images[:, :, :8]), np.random.default_rng(0))


def test_an_unknown_network_is_named() -> None:
    with pytest.raises(UsageError, match="no such network"):
        TrainingBudget("crystal-ball", {}, 1, 2).settings()


def test_the_same_rng_gives_the_same_names() -> None:
    images, _ = people(2, 2)
    attack = ExaminerClean(**QUICK | {"steps": 5})
    one, two = (attack(seen(images), np.random.default_rng(4)) for _ in range(2))
    assert isinstance(one, Labels)
    assert isinstance(two, Labels)
    assert torch.equal(one.labels, two.labels)


def test_toned() -> None:
    like = people(5, 1)[0]
    shown = toned(like * 3 - 100, like)
    assert torch.allclose(shown, like, atol=0.1)
    assert torch.isfinite(toned(torch.zeros_like(like), like)).all()
