"""Studies of protected features: who is private, what is protected once, and what the cloud tells."""

from copy import deepcopy
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from crafter_disguise_examples import SETTINGS, tiny_faces, tiny_split
from feature_attack_examples import SIDE, faces, split, trained_split
from masquerade.attacks.base import Sight
from masquerade.audit import trial as trials
from masquerade.audit.scenes.encoded import EncodedScenes
from masquerade.audit.scenes.features import (
    KeptFeatures,
    feature_scores,
    prior_faces,
    require_split_of,
    taught,
    together_in,
)
from masquerade.audit.scenes.private_people import spread
from masquerade.audit.scenes.scene import make_scene
from masquerade.audit.scenes.views import Budget, build_view
from masquerade.audit.studies.study import ArmSpec, AttackSpec, DataSpec
from masquerade.audit.trial import Trial
from masquerade.crafting.trained import TrainedSplit
from masquerade.data.celeba import Attributes
from masquerade.data.image_set import ImageSet
from masquerade.disguises import Chain, Crafter
from masquerade.disguises.features.split_encode import SplitEncode
from masquerade.errors import NotApplicable, StudyError
from masquerade.recipes import recipe

DATA = DataSpec(source="orl", height=SIDE, width=SIDE, mode="RGB", private=12, test_share=0.5, public=100)


def trial(monkeypatch: pytest.MonkeyPatch, **arm: object) -> Trial:
    monkeypatch.setattr(trials, "disguise_of", lambda _: SplitEncode(trained_split()))
    said = ArmSpec.model_validate({"name": "plain", "recipe": "none", **arm})
    return Trial(EncodedScenes(make_scene(DATA, None), None), said, None, 0)


def test_private_people_are_known_by_half_of_their_photos_and_are_not_public() -> None:
    scene = make_scene(DATA, None)
    assert (len(scene.train), len(scene.test), len(scene.train.names)) == (60, 60, 12)
    assert not set(scene.train.names) & set(scene.public.names)
    few = scene.few(18)
    assert len(few.test) == 18
    assert len(torch.unique(few.test.labels)) == 12
    assert scene.few(None) is scene


def test_photos_are_spread_over_people() -> None:
    rows = spread(torch.tensor([0, 0, 0, 0, 1, 2, 2]), 5, 0)
    assert torch.bincount(torch.tensor([0, 0, 0, 0, 1, 2, 2])[rows]).tolist() == [2, 1, 2]


def test_a_view_shows_the_encoder_and_the_truth_has_a_gallery(monkeypatch: pytest.MonkeyPatch) -> None:
    spec = AttackSpec(name="feature_decoding", metric="eval_acc", target="test")
    sights = frozenset({Sight.SPLIT, Sight.REPEATS, Sight.GALLERY})
    one = trial(monkeypatch)
    view, truth = build_view(one, spec, sights, Budget(10, None), np.random.default_rng(0))
    assert view.shows() == sights
    assert view.released.shape == (10, *split().feature_shape)
    assert view.repeats is not None
    assert torch.equal(view.repeats(2)[1], view.released)
    assert truth.gallery is not None
    assert truth.evaluator is not None
    assert len(truth.gallery) == 60


def test_shuffled_repeats_have_the_same_rows_in_another_order(monkeypatch: pytest.MonkeyPatch) -> None:
    one = trial(monkeypatch, repeats="shuffled")
    photos = one.scene.test.images
    again = one.repeated(one.scene.test, torch.arange(len(photos)), 1)[0]
    plain = one.disguised(photos)
    assert not torch.allclose(again, plain, atol=1e-3)
    assert torch.allclose(
        again.flatten(1).sum(1).sort().values, plain.flatten(1).sum(1).sort().values, rtol=1e-3
    )


def test_further_queries_have_the_same_key_and_other_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    crafter = Crafter(tiny_split(), tiny_faces(), settings=SETTINGS, batch=8)
    monkeypatch.setattr(trials, "disguise_of", lambda _: crafter)
    scene = make_scene(DATA.model_copy(update={"height": 16, "width": 16, "private": 3}), None)
    said = ArmSpec(name="crafter", recipe="none", photos=6, repeats="fresh")
    one = Trial(EncodedScenes(scene, None), said, None, 0)
    photos, rows = one.scene.test, torch.tensor([4, 1])
    again = one.repeated(photos, rows, 2)
    keyed = crafter.with_key(trials.study_key(0, "owner"), (3, 16, 16))
    assert torch.allclose(again[1], keyed.again(photos.images, 2)[rows], atol=1e-4)
    assert not torch.allclose(again[0], again[1], atol=1e-4)
    assert not torch.allclose(again[0], one.disguised(photos.images)[rows], atol=1e-4)


def test_the_prior_has_faces_of_its_own_size_alone() -> None:
    assert prior_faces((3, 16, 16)) == {}
    assert prior_faces((3, 64, 64))["prior"].shape == (256, 3, 64, 64)


def test_a_report_tells_two_halves_of_the_cloud_apart() -> None:
    one, other = trained_split(), TrainedSplit.of("other", deepcopy(split()))
    with torch.no_grad():
        next(other.network.f.parameters()).add_(1)
    assert one.digest == other.digest
    assert one.cloud_digest != other.cloud_digest


def test_what_gives_no_features_shows_no_encoder() -> None:
    with pytest.raises(NotApplicable, match="split network"):
        require_split_of(Chain())


def test_photos_are_protected_once() -> None:
    asked: list[int] = []

    def protect(images: Tensor) -> Tensor:
        asked.append(len(images))
        return images.float() + len(asked)

    kept = KeptFeatures(protect, "test", None)
    photos = faces().images[:5]
    first = kept(photos[:3])
    assert torch.equal(kept(photos)[:3], first)
    assert torch.equal(kept(photos.flip(0).float())[2:], first.flip(0))
    assert asked == [3, 2]


def test_a_stopped_job_loses_no_finished_batch(tmp_path: Path) -> None:
    asked: list[int] = []

    def protect(images: Tensor) -> Tensor:
        if len(asked) == 2:
            raise KeyboardInterrupt
        asked.append(len(images))
        return images.float()

    photos = faces().images[:5]
    with pytest.raises(KeyboardInterrupt):
        KeptFeatures(protect, "test", tmp_path, together=2)(photos)
    again = KeptFeatures(lambda images: images.float() + 1, "test", tmp_path, together=2)(photos)
    assert torch.equal(again[:4], photos[:4].float())
    assert torch.equal(again[4:], photos[4:].float() + 1)


def test_kept_features_know_the_order_of_photos(tmp_path: Path) -> None:
    photos = faces().images[:3]
    KeptFeatures(lambda images: images.float(), "test", tmp_path)(photos)
    other = KeptFeatures(lambda images: images.float(), "test", tmp_path)
    assert torch.equal(other(photos.flip(0)), photos.flip(0).float())


def test_crafters_say_how_many_photos_depend_on_each_other() -> None:
    assert together_in(recipe("crafter").changed({"batch": 4}).whole()) == 4
    assert together_in(recipe("crafter-none").whole()) is None


def test_utility_without_known_attributes_is_agreement() -> None:
    scene = make_scene(DATA, None)
    plain = SplitEncode(trained_split()).with_key(trials.study_key(0, "x"), (3, SIDE, SIDE))(
        scene.test.images
    )
    assert feature_scores(scene, plain, trained_split())["utility"].value == 1
    assert feature_scores(scene, plain.flip(0), trained_split())["utility"].value < 1


def test_a_cloud_learns_from_features_as_they_are_protected() -> None:
    """Told apart by what the features show, not by what the photos do: the protection turns every answer round."""
    scene = make_scene(DATA, None)
    own = SplitEncode(trained_split()).with_key(trials.study_key(0, "x"), (3, SIDE, SIDE))

    def protect(images: Tensor) -> Tensor:
        turned: Tensor = -own(images)
        return turned

    def told(images: ImageSet) -> Attributes:
        brightness = images.images.float().mean((1, 2, 3))
        return Attributes((brightness > brightness.median())[:, None].repeat(1, 5), tuple("abcde"))

    known = replace(scene, attributes=told(scene.test), public_attributes=told(scene.public))
    features = protect(scene.test.images)
    before = feature_scores(known, features, trained_split())["utility"].value
    learnt = taught(known, protect, trained_split(), 80, 0)
    assert feature_scores(known, features, learnt)["utility"].value > max(0.8, before + 0.1)
    assert learnt.digest == trained_split().digest
    assert learnt.cloud_digest != trained_split().cloud_digest


def test_a_cloud_cannot_learn_what_nobody_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(StudyError, match="nobody knows"):
        trial(monkeypatch, cloud_learns=10).scores()
