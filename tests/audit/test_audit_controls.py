"""Controls of an audit: the positive one at an arm's own size and noise, the negative one by shuffling the truth."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import torch

from masquerade.audit.grading.controls import control_of
from masquerade.audit.grading.negative import against_shuffled
from masquerade.audit.grading.pooling import negative_controls
from masquerade.audit.results import Report
from masquerade.audit.runner import Audit
from masquerade.audit.studies.study import ArmSpec, AttackSpec, Study
from masquerade.disguises import BlockMatrix, Chain, Disguise, Keyed, Noise, description
from masquerade.disguises.base import Shape
from masquerade.guesses import Guess, Labels, Membership, Ranking, Reconstruction, Tracking
from masquerade.keys import Key
from masquerade.metrics import EVERY_METRIC
from masquerade.metrics.base import Truth

GRAM = AttackSpec(name="gram_fingerprint", metric="linkage")
NOISY = ArmSpec(name="noisy", recipe="blocks-noise")


def kinds(arm: ArmSpec) -> list[str]:
    assert arm.disguise is not None
    return [part["kind"] for part in arm.disguise["parts"]]


def test_a_control_has_the_noise_of_its_arm_in_its_place() -> None:
    target, wanted = control_of(GRAM, NOISY, 32)
    assert target.title == "control-block4 with noise 100"
    assert kinds(target) == ["BlockNormalise", "Noise", "BlockMatrix"]
    assert target.disguise is not None
    assert target.disguise["parts"][0]["block"] == target.disguise["parts"][2]["block"]
    assert wanted.metric == "linkage"
    last, _ = control_of(GRAM, ArmSpec(name="published", recipe="dn-lfw-as-published"), 32)
    assert kinds(last) == ["BlockMatrix", "Noise"]


@dataclass(frozen=True)
class Grain(Disguise):
    """Somebody else's noise: it is known by what it declares."""

    strength: float

    keyed_by_secret = True
    per_image = True
    restorable = False

    @property
    def noise_level(self) -> float:
        return self.strength

    def keyed(self, key: Key, shape: Shape) -> Keyed:
        return Noise(self.strength).keyed(key, shape)


def test_noise_of_a_kind_that_nobody_here_knows_is_the_control_s_as_well(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(description, "find_installed", lambda _group, name, _kind: {"Grain": Grain}.get(name))
    whole = Chain((Grain(30), BlockMatrix(4, variant="block"))).describe()
    target, _ = control_of(GRAM, ArmSpec(name="grainy", title="Grain", disguise=whole), 32)
    assert target.title == "control-block4 with noise 30"
    assert kinds(target) == ["Grain", "BlockMatrix"]


@pytest.mark.parametrize("recipe", ["none", "control-rows4", "xnn", "crafter-noise"])
def test_a_control_without_noise_to_take_over_is_the_recipe_itself(recipe: str) -> None:
    """No noise, or noise in other units than the control's pixels."""
    assert control_of(GRAM, ArmSpec(name="arm", recipe=recipe), 32)[0].recipe == "control-block4"


def test_a_control_that_needs_a_model_is_not_trained_anew_for_each_noise() -> None:
    spec = AttackSpec(name="class_membership", metric="class_membership")
    assert control_of(spec, NOISY, 32)[0].recipe == "none"


def report_of(images: int | None) -> Report:
    said: dict[str, Any] = {
        "name": "noise",
        "title": "Noise",
        "source": "a test",
        "generic": False,
        "without_generic": "a test",
        "data": {"source": "orl", "height": 32, "width": 32, "mode": "L", "classes": 20, "public": 150},
        "arms": [NOISY.model_dump()],
        "attacks": [{**GRAM.model_dump(), "images": images}],
        "profiles": {"quick": {"seeds": [0]}},
    }
    study = Study.model_validate(said).at("quick")
    return Audit(study, None, None, lambda _: None, "").run().report


def test_an_attack_that_noise_blinds_is_incomplete_where_its_clean_control_passes() -> None:
    """With 60 photos; the noiseless control is broken with as many."""
    (arm,) = report_of(60).arms
    (leak,) = arm.leaks
    assert leak.control is not None
    assert not leak.control.passed
    assert leak.control.value < 0.5
    assert arm.grade == "INCOMPLETE"
    assert "the control failed: on control-block4 with noise 100" in arm.answers[0].reason
    assert [control.passed for control in leak.negatives] == [True]


PEOPLE = torch.arange(10).repeat_interleave(6)
PHOTOS = torch.rand((60, 1, 12, 12), generator=torch.Generator().manual_seed(5)) * 255
KNOWN = Truth(
    PHOTOS,
    PEOPLE,
    members=torch.arange(60) < 30,
    candidate_rows=torch.arange(60),
    candidate_identities=PEOPLE,
)


def failed(guess: Guess, truth: Truth, metric: str) -> bool:
    shuffled = against_shuffled(guess, truth, [metric], np.random.default_rng(0))
    (control,) = negative_controls([{"shuffled": shuffled}], [metric], [0])
    return not control.passed


@pytest.mark.parametrize(
    ("guess", "metric"),
    [
        (Reconstruction(PHOTOS), "linkage"),
        (Reconstruction(PHOTOS), "psnr"),
        (Ranking(torch.eye(60)), "linkage"),
        (Ranking(torch.eye(60)), "rank1"),
        (Labels(PEOPLE), "identification"),
        (Membership((torch.arange(60) < 30).float()), "membership_auc"),
    ],
)
def test_the_best_of_guesses_is_at_chance_against_a_shuffled_truth(guess: Guess, metric: str) -> None:
    assert not failed(guess, KNOWN, metric)


def tracking(named: torch.Tensor) -> bool:
    met = torch.cat([torch.arange(8).repeat_interleave(5), 8 + torch.arange(50)])
    truth = Truth(PHOTOS, PEOPLE, sighting_identities=met, sighting_cloaked=torch.zeros(90, dtype=torch.bool))
    return failed(Tracking(named), truth, "tracked")


def test_a_tracker_that_sees_its_user_everywhere_fails_the_negative_control() -> None:
    assert tracking(torch.full((8, 90), 50))
    right = torch.zeros((8, 90), dtype=torch.int64)
    for user in range(8):
        right[user, user * 5 : user * 5 + 5] = 50
    assert not tracking(right)


def test_the_average_picture_is_no_leak_and_no_fault() -> None:
    average = Reconstruction(PHOTOS.mean(0, keepdim=True).expand_as(PHOTOS))
    score = EVERY_METRIC["psnr"](average, KNOWN)
    assert score.value == pytest.approx(score.chance)
    assert not failed(average, KNOWN, "psnr")
