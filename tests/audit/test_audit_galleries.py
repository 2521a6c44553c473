"""Whose named photos an attacker is shown, and who of them is in the release."""

from functools import cache

import numpy as np
import pytest
import torch

from masquerade.attacks.base import Sight, View
from masquerade.audit.scenes.encoded import EncodedScenes
from masquerade.audit.scenes.scene import make_scene
from masquerade.audit.scenes.views import Budget, build_view
from masquerade.audit.studies.study import ArmSpec, AttackSpec, DataSpec
from masquerade.audit.trial import Trial
from masquerade.errors import StudyError
from masquerade.metrics.base import Truth

DATA = DataSpec(source="orl", height=32, width=32, mode="L", classes=20, test_share=0.3, public=150)


@cache
def trial() -> Trial:
    return Trial(EncodedScenes(make_scene(DATA, None), None), ArmSpec(name="one", recipe="none"), None, 0)


def seen(images: int | None = None, **said: object) -> tuple[View, Truth]:
    spec = AttackSpec.model_validate({"name": "person_membership", "metric": "class_membership", **said})
    sights = frozenset({Sight.LABELS, Sight.GALLERY})
    return build_view(trial(), spec, sights, Budget(images, None), np.random.default_rng(0))


def test_without_decoys_all_are_in_the_release() -> None:
    view, truth = seen()
    assert view.gallery is not None
    assert view.gallery.labels.unique().tolist() == list(range(20))
    assert truth.members is None


def test_decoys_are_other_people_with_numbers_of_their_own() -> None:
    view, truth = seen(decoys=12)
    assert view.gallery is not None
    assert truth.members is not None
    people = view.gallery.labels.unique()
    assert people.tolist() == list(range(32))
    assert truth.members.tolist() == [True] * 20 + [False] * 12
    assert truth.candidate_identities is not None
    assert torch.equal(truth.candidate_identities, people)
    inside = {image.numpy().tobytes() for image in truth.originals}
    assert not inside & {image.numpy().tobytes() for image in view.gallery.images}


def test_the_rest_is_what_the_attacker_does_not_get_as_released() -> None:
    view, truth = seen(images=70, gallery="rest")
    assert view.gallery is not None
    assert len(view.gallery.images) == 140 - 70
    photos = [{image.numpy().tobytes() for image in part} for part in (truth.originals, view.gallery.images)]
    assert len(photos[0] | photos[1]) == 140


def test_somebody_of_whom_nothing_was_released_is_no_member() -> None:
    _, truth = seen(images=15, gallery="rest", decoys=5)
    assert truth.members is not None
    assert int(truth.members.sum()) == len(truth.identities.unique()) < 20


def test_more_decoys_than_people_are_refused() -> None:
    with pytest.raises(StudyError, match="too few people who are not in the release: 21 decoys"):
        seen(decoys=21)
