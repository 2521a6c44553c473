"""Attacks that need no recipe are run on every arm without being named, unless a study says why not."""

from pathlib import Path

import numpy as np
import pytest
import torch

from masquerade.attacks.base import Sight, View
from masquerade.audit.runner import Audit
from masquerade.audit.scenes.encoded import EncodedScenes
from masquerade.audit.scenes.scene import make_scene
from masquerade.audit.scenes.views import Budget, build_view
from masquerade.audit.studies.generic import generic_text
from masquerade.audit.studies.study import ArmSpec, AttackSpec, DataSpec, Resolved, Study
from masquerade.audit.trial import Trial
from masquerade.errors import NotApplicable
from masquerade.metrics.base import Truth

DATA = DataSpec(source="orl", height=32, width=32, mode="RGB", classes=20, test_share=0.5, public=100)
NAMES = [attack["name"] for attack in generic_text()["attacks"]]


def study(**changes: object) -> Study:
    said: dict[str, object] = {
        "name": "small",
        "title": "Small",
        "source": "a test",
        "data": DATA.model_dump(),
        "arms": [{"name": "signs", "recipe": "control-signs", "attacks": []}],
        "profiles": {"quick": {"seeds": [0]}, "laptop": {"seeds": [0]}},
    }
    return Study.model_validate({**said, **changes})


def named(resolved: Resolved) -> list[str]:
    return [spec.title for spec in resolved.attacks_on(resolved.arms[0])]


def test_every_arm_is_put_to_them_whatever_attacks_it_names() -> None:
    assert named(study().at("laptop")) == NAMES
    assert {curve.over for curve in study().at("laptop").curves} == {"pairs", "gallery", "images", "queries"}


def test_a_study_that_leaves_them_out_says_why() -> None:
    with pytest.raises(ValueError, match="wants a reason"):
        study(generic=False)
    said = study(generic=False, without_generic="it only counts")
    assert named(said.at("quick")) == []
    assert said.at("quick").curves == []
    report = Audit(said.at("quick"), None, None, lambda _: None, "").run().report
    assert report.not_tested == ["attacks that need no recipe: it only counts"]


def test_what_a_study_names_itself_stays_its_own() -> None:
    own = {"name": "invariant_linkage", "metric": "linkage", "images": 7}
    resolved = study(attacks=[own]).at("laptop")
    (found,) = (spec for spec in resolved.attacks if spec.name == "invariant_linkage")
    assert (found.images, found.generic) == (7, False)


def test_digits_have_no_face_and_the_quick_profile_is_smaller() -> None:
    digits = {"source": "mnist", "height": 28, "width": 28, "mode": "L"}
    assert not {"vector_identity", "public_recogniser"} & set(named(study(data=digits).at("laptop")))
    quick, whole = (study().at(profile).attacks for profile in ("quick", "laptop"))  # type: ignore[arg-type]
    assert all((a.images or 0) <= (b.images or 0) for a, b in zip(quick, whole, strict=True))
    assert next(a for a in quick if a.name == "learned_linkage").options["steps"] == 20


def test_where_a_photo_takes_seconds_the_attacker_protects_few() -> None:
    arms = [{"name": "slow", "recipe": "control-signs", "photos": 30}]
    resolved = study(arms=arms).at("laptop")
    (spec,) = (spec for spec in resolved.attacks_on(resolved.arms[0]) if spec.name == "learned_linkage")
    assert (spec.options["photos"], spec.options["keys"]) == (30, 1)


def shown(
    sight: Sight, data: DataSpec = DATA, recipe: str = "control-signs", budget: Budget | None = None
) -> tuple[View, Truth]:
    arm = ArmSpec(name="arm", recipe=recipe)
    trial = Trial(EncodedScenes(make_scene(data, None), None), arm, None, 0)
    target = "test" if data.unseen else "train"
    spec = AttackSpec(name="detection", metric="detection", target=target, generic=True)
    return build_view(trial, spec, frozenset({sight}), budget or Budget(40, None), np.random.default_rng(0))


def test_answers_are_given_where_there_is_no_key() -> None:
    with pytest.raises(NotApplicable, match="nobody but the owner"):
        shown(Sight.QUERY)
    assert shown(Sight.QUERY, recipe="none")[0].query is not None


def test_a_gallery_of_few_photos_holds_so_many_of_each() -> None:
    view, truth = shown(Sight.GALLERY, budget=Budget(40, None, gallery=2))
    assert view.gallery is not None
    assert torch.bincount(view.gallery.labels).unique().tolist() == [2]
    assert truth.gallery is not None


def test_people_who_were_never_trained_on_are_known_by_other_photos_of_theirs() -> None:
    unseen = DataSpec(source="orl", height=32, width=32, mode="RGB", classes=15, unseen=10)
    view, truth = shown(Sight.GALLERY, unseen)
    assert view.gallery is not None
    known = {image.numpy().tobytes() for image in view.gallery.images}
    assert not known & {image.numpy().tobytes() for image in truth.originals}
    assert set(view.gallery.labels.tolist()) == set(truth.identities.tolist())


def test_photos_met_later_are_half_protected() -> None:
    view, truth = shown(Sight.SIGHTINGS)
    assert view.sightings is not None
    assert truth.sighting_cloaked is not None
    assert truth.sighting_cloaked.sum() == len(view.sightings) // 2
    assert (view.sightings[truth.sighting_cloaked] < 0).any()
    assert (view.sightings[~truth.sighting_cloaked] >= 0).all()


def test_signs_and_a_new_order_fall_without_an_attack_that_reads_them(tmp_path: Path) -> None:
    rest = [name for name in NAMES if name not in ("invariant_linkage", "few_pairs_ridge")]
    said = study(profiles={"quick": {"seeds": [0], "without_attacks": rest}})
    report = Audit(said.at("quick"), None, tmp_path, lambda _: None, "").run().report
    linked = next(leak for leak in report.arms[0].leaks if leak.attack == "invariant_linkage")
    assert linked.headline is not None
    assert linked.headline.value == 1.0
    assert report.arms[0].grade == "BROKEN"
    (pairs,) = (curve for curve in report.curves if curve.x_label == "leaked pairs")
    assert [point.x for point in pairs.points] == [2, 16]
