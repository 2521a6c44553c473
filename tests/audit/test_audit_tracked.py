"""Studies of cloaks: who is tracked, under which key, and what a tracker sees."""

import numpy as np
import pytest
import torch

from cloak_examples import TinyRecogniser
from masquerade.attacks.base import Sight
from masquerade.audit.scenes.cloaked import keyed_among
from masquerade.audit.scenes.encoded import EncodedScenes
from masquerade.audit.scenes.scene import Scene, make_scene
from masquerade.audit.scenes.views import Budget, build_view
from masquerade.audit.studies.study import ArmSpec, AttackSpec, DataSpec, HeldSpec
from masquerade.audit.trial import Trial, study_key
from masquerade.disguises import Fawkes
from masquerade.errors import NotApplicable, StudyError, UsageError

DATA = DataSpec(
    source="orl",
    height=32,
    width=32,
    mode="RGB",
    min_images=10,
    tracked=4,
    published=6,
    bystanders=10,
    bystander_min_images=10,
    public_min_images=10,
    public_most_images=10,
)


def trial(disguise: dict[str, object] | None = None, data: DataSpec = DATA, seed: int = 0) -> Trial:
    arm = ArmSpec(name="arm", disguise=disguise or {"kind": "BlockPermutation", "block": 8})
    return Trial(EncodedScenes(make_scene(data, None), None), arm, None, seed)


def test_users_bystanders_and_public_people_are_disjoint() -> None:
    scene: Scene = make_scene(DATA, None)
    assert scene.bystanders is not None
    users, beside = set(scene.train.names), set(scene.bystanders.known.names)
    assert (len(users), len(beside)) == (4, 10)
    assert not users & beside
    assert len(scene.train) == 4 * 5  # ten photos each, of which five are met later
    assert len(scene.test) == 4 * 5
    assert len(scene.bystanders.known) == 10 * 6
    assert len(scene.bystanders.later) == 10 * 4


def test_public_people_are_neither_users_nor_bystanders() -> None:
    scene = make_scene(DATA.model_copy(update={"public_most_images": 100}), None)
    assert scene.bystanders is not None
    photos = [
        {image.numpy().tobytes() for image in part.images}
        for part in (scene.train, scene.test, scene.bystanders.known, scene.bystanders.later, scene.public)
    ]
    for i, one in enumerate(photos):
        for other in photos[i + 1 :]:
            assert not one & other


def test_too_few_people_is_an_error() -> None:
    with pytest.raises(StudyError, match="too few people"):
        make_scene(DATA.model_copy(update={"tracked": 41}), None)
    with pytest.raises(StudyError, match="too few others"):
        make_scene(DATA.model_copy(update={"bystanders": 37}), None)


def test_each_user_has_a_key_of_their_own() -> None:
    one = trial()
    assert one.cloaks is not None
    photo = one.scene.train.images[:1]
    worn = [one.cloaks.of(user)(photo) for user in range(4)]
    assert len({image.numpy().tobytes() for image in worn}) == 4
    again = trial().cloaks
    assert again is not None
    assert torch.equal(worn[2], again.of(2)(photo))
    another = trial(seed=1).cloaks
    assert another is not None
    assert not torch.equal(worn[2], another.of(2)(photo))


def test_what_leaves_is_each_photo_under_its_users_cloak() -> None:
    one = trial()
    assert one.cloaks is not None
    spec = AttackSpec(name="tracker", metric="tracked")
    shown = frozenset({Sight.LABELS, Sight.SIGHTINGS, Sight.BYSTANDERS, Sight.OWN})
    view, truth = build_view(one, spec, shown, Budget(None, None), np.random.default_rng(0))
    assert view.shows() == shown
    assert view.labels is not None
    assert view.own is not None
    for row in (0, 7, 19):
        worn = view.own(int(view.labels[row]))(truth.originals[row : row + 1])
        assert torch.equal(worn[0], view.released[row])
    assert truth.released is not None
    assert torch.equal(truth.released, view.released)


def test_sightings_are_clean_cloaked_and_bystanders_photos() -> None:
    one = trial()
    spec = AttackSpec(name="tracker", metric="tracked")
    view, truth = build_view(
        one, spec, frozenset({Sight.SIGHTINGS}), Budget(None, None), np.random.default_rng(0)
    )
    assert view.sightings is not None
    assert truth.sighting_identities is not None
    assert truth.sighting_cloaked is not None
    users, beside = 4 * 5, 10 * 4
    assert len(view.sightings) == 2 * users + beside
    assert int(truth.sighting_cloaked.sum()) == users
    assert torch.equal(view.sightings[:users], one.scene.test.images.float())
    assert not torch.equal(view.sightings[users : 2 * users], view.sightings[:users])
    assert sorted(set(truth.sighting_identities.tolist())) == list(range(14))


def test_some_published_photos_may_be_clean() -> None:
    spec = AttackSpec(name="tracker", metric="tracked")
    view, truth = build_view(
        trial(), spec, frozenset({Sight.LABELS}), Budget(None, None, clean=2), np.random.default_rng(0)
    )
    assert view.labels is not None
    bare = (view.released == truth.originals).flatten(1).all(1)
    assert [int(bare[view.labels == user].sum()) for user in range(4)] == [2, 2, 2, 2]


def test_an_attacker_may_hold_cloaks_of_another_recipe() -> None:
    photos = trial().scene.test.images[:2].float()
    changes = []
    for held in (
        HeldSpec(recipe="control-noise-fixed"),
        HeldSpec(recipe="none"),
    ):
        spec = AttackSpec(name="tracker", metric="tracked", fresh=held)
        shown = frozenset({Sight.FRESH})
        view, _ = build_view(trial(), spec, shown, Budget(None, None), np.random.default_rng(0))
        assert view.fresh is not None
        changes.append(float((view.fresh()(photos) - photos).abs().mean()))
    assert 7 < changes[0] < 12  # the arm is under another cloak
    assert changes[1] == 0


def test_a_targeted_cloak_moves_towards_the_publics_faces() -> None:
    public = trial().scene.public.images
    shape = (3, 32, 32)
    recogniser = TinyRecogniser()
    key = study_key(0, "test")
    photo = trial().scene.train.images[:1]
    towards, away = (
        keyed_among(Fawkes("low", (recogniser,), targeted=targeted), key, shape, public)(photo)
        for targeted in (True, False)
    )
    assert not torch.equal(towards, away)
    with pytest.raises(UsageError, match="nobody to move photos to"):
        Fawkes("low", (recogniser,), targeted=True).with_key(key, shape)(photo)


def test_nobody_is_tracked_elsewhere() -> None:
    other = DataSpec(source="orl", height=32, width=32, mode="RGB", classes=20)
    spec = AttackSpec(name="tracker", metric="tracked")
    with pytest.raises(NotApplicable, match="nobody is tracked"):
        build_view(
            trial(data=other),
            spec,
            frozenset({Sight.BYSTANDERS}),
            Budget(None, None),
            np.random.default_rng(0),
        )


def test_the_utility_of_a_cloak_is_what_the_eye_sees() -> None:
    scores = trial().scores()
    assert set(scores) == {"cloak_ssim", "cloak_ssim_worst", "cloak_change"}
    assert scores["cloak_ssim"].value < 0.9
    untouched = trial({"kind": "Chain", "parts": []}).scores()
    assert untouched["cloak_ssim"].value == pytest.approx(1.0)
    assert untouched["cloak_change"].value == 0.0
