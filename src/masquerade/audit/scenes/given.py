"""Scenes of images that are given in memory, and a protection's secret half as what was released has it."""

from dataclasses import replace

import torch

from masquerade.audit.scenes.scene import Scene, facts_of, people_scene, some_rows, train_and_test
from masquerade.audit.studies.data_spec import DataSpec
from masquerade.audit.studies.enough import require_two_people, require_two_photos
from masquerade.data.image_set import ImageSet


def given_scene(spec: DataSpec, private: ImageSet, public: ImageSet | None) -> Scene:
    """Images divided between owner, cloud and attacker.

    Args:
        spec: How; without ``public`` its ``classes`` people with most images are the owner's.
        private: The owner's images, or everybody's.
        public: Images of other people, whom the attacker knows.

    Raises:
        StudyError: If fewer than two people are the owner's, or one of them has one image alone.
    """
    place = spec.source
    if public is None:
        scene = people_scene(spec, private)
        require_two_people(scene.train, scene.test, place)
        return scene
    require_two_photos(private, place)
    train, test = (private.take(rows) for rows in train_and_test(private, spec))
    return _of_parts(spec, private, train, test, public)


def released_scene(spec: DataSpec, train: ImageSet, test: ImageSet, public: ImageSet) -> Scene:
    """Images whose released versions are there: those under attack, and those that the attacker knows by name.

    Raises:
        StudyError: If they are of fewer than two people.
    """
    everybody = ImageSet(
        torch.cat([train.images, test.images]), torch.cat([train.labels, test.labels]), train.names
    )
    scene = _of_parts(spec, everybody, train, test, public)
    note = (
        f"{len(train)} released images under attack, {len(test)} whose originals the attacker knows by name"
    )
    facts = scene.facts.model_copy(
        update={"note": f"{note}, {len(scene.public)} of other people. {spec.note}".strip()}
    )
    return replace(scene, facts=facts)


def _of_parts(spec: DataSpec, mine: ImageSet, train: ImageSet, test: ImageSet, public: ImageSet) -> Scene:
    public = public.take(some_rows(len(public), spec.public))
    require_two_people(train, test, spec.source)
    return Scene(train, test, public, None, facts_of(spec, mine, len(train), len(test), len(public)))
