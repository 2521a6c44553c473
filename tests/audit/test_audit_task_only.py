"""Answers in a few numbers in an audit: what is scored, which bounds stand beside it, and a decoder for each code."""

from functools import partial

import numpy as np
import pytest
import torch

from feature_attack_examples import SIDE, faces, split, trained_split
from masquerade.attacks.base import Labelled
from masquerade.attacks.features.decoder import public_decoder
from masquerade.audit.scenes.bounds import naming_bounds
from masquerade.audit.scenes.features import feature_scores
from masquerade.audit.scenes.scene import make_scene
from masquerade.audit.studies.study import DataSpec
from masquerade.crafting.task.closed_form import coded, learn_answers
from masquerade.crafting.trained import TrainedAnswers
from masquerade.disguises import Chain, Noise, SplitEncode, TaskAnswers
from masquerade.keys import Key
from masquerade.metrics.people.naming_bound import worst_case
from masquerade.training.crafter.decoder import DecoderSettings

DATA = DataSpec(source="orl", height=SIDE, width=SIDE, mode="RGB", private=10, test_share=0.5)
KEY = Key.from_secret(bytes(32))


def answers() -> TrainedAnswers:
    return TrainedAnswers.of("tiny", learn_answers(split(), faces().images[:200]))


task = partial(TaskAnswers, trained_split(), answers())


def test_answers_are_compared_with_those_of_the_whole_network() -> None:
    scene = make_scene(DATA, None)
    said = {}
    for numbers in (5, 1):
        how = task(numbers=numbers, bits=0)
        released = how.with_key(KEY, scene.test.shape)(scene.test.images)
        assert how.features_of is not None
        said[numbers] = feature_scores(scene, released, how.features_of, how.answers_of)["utility"].value
    assert said[1] < said[5]
    assert said[5] > 0.95


@pytest.mark.parametrize("deviation", [0.0, 0.8])
def test_both_bounds_stand_beside_the_scores(deviation: float) -> None:
    scene = make_scene(DATA, None)
    how = task(numbers=2, deviation=deviation)
    found = naming_bounds(scene, how, how.cloud, how.with_key(KEY, scene.test.shape))
    people = len(torch.unique(scene.test.labels))
    assert found["bound"].value == worst_case(people, deviation)
    assert found["bound"].chance == pytest.approx(1 / people)
    assert found["candidates"].value <= found["bound"].value
    assert (found["candidates"].value > 0.5) == (deviation == 0)


def test_what_declares_no_ball_has_no_bound() -> None:
    scene = make_scene(DATA, None)
    plain = SplitEncode(trained_split())
    assert naming_bounds(scene, plain, trained_split(), plain.with_key(KEY, scene.test.shape)) == {}
    assert Chain((task(deviation=0.5),)).noise_in_ball == 0.5
    assert Chain((task(deviation=0.5), Noise(1))).noise_in_ball is None


def test_each_code_has_a_decoder_of_its_own() -> None:
    public = Labelled(faces().images[:40].float(), faces().labels[:40])
    settings = DecoderSettings(width=2, entry="convolution", epochs=1)
    networks = [split(), *(coded(trained_split(), answers(), numbers).network for numbers in (2, 3))]
    for network in networks:
        decoder = public_decoder(network, public, 40, settings)
        assert decoder.options.features == network.feature_shape
        with torch.no_grad():
            assert decoder(torch.zeros(2, *network.feature_shape)).shape == (2, 3, SIDE, SIDE)
    assert np.prod(networks[1].feature_shape) == 2
