"""Answers in a few numbers and means of public features, beside slow programs of their own; noise and levels."""

import numpy as np
import pytest
import torch

from crafter_disguise_examples import tiny_answers, tiny_bank, tiny_split
from masquerade.crafting.task.closed_form import RADIUS
from masquerade.disguises import KSame, TaskAnswers
from masquerade.disguises.features.task_answers import REACH, levels
from masquerade.keys import Key
from masquerade.testing.example_photos import photos_with_a_flat_part

SHAPE = (3, 16, 16)
KEY, OTHER = (Key.from_secret(bytes([n]) * 32) for n in (1, 2))
PHOTOS = photos_with_a_flat_part(9, SHAPE)


def plain() -> np.ndarray:
    with torch.no_grad():
        return tiny_split().network.encode(PHOTOS.float() / 255).flatten(1).numpy().astype(float)


def logits() -> np.ndarray:
    with torch.no_grad():
        return tiny_split().network(PHOTOS.float() / 255).numpy().astype(float)


def test_numbers_are_those_of_a_slow_program() -> None:
    facts = tiny_answers().network
    values, vectors = np.linalg.eigh(facts.correlation.numpy().astype(float))
    expected = np.empty((len(PHOTOS), 3))
    spread = []
    for j in range(3):
        direction = vectors[:, -1 - j]
        direction = direction * np.sign(direction[np.abs(direction).argmax()])
        standard = (logits() - facts.mean.numpy()) / facts.deviation.numpy()
        expected[:, j] = [sum(direction[a] * row[a] for a in range(5)) for row in standard]
        spread.append(values[-1 - j])
    radius = RADIUS * np.sqrt(sum(spread))
    expected /= radius
    for row in expected:
        row /= max(1.0, float(np.sqrt((row**2).sum())))
    exact = TaskAnswers(tiny_split(), tiny_answers(), numbers=3, bits=0)
    assert np.abs(exact.with_key(KEY, SHAPE)(PHOTOS).flatten(1).numpy() - expected).max() < 1e-4
    rounded = TaskAnswers(tiny_split(), tiny_answers(), numbers=3, bits=2).with_key(KEY, SHAPE)(PHOTOS)
    for j in range(3):
        reach = REACH * np.sqrt(spread[j]) / radius
        places = np.array([-1, -1 / 3, 1 / 3, 1]) * reach
        for i in range(len(PHOTOS)):
            nearest = places[np.abs(places - expected[i, j]).argmin()]
            assert abs(float(rounded[i, j, 0, 0]) - nearest) < 1e-3


def test_a_mean_of_the_nearest_is_that_of_a_slow_program() -> None:
    bank = tiny_bank().network.features.numpy().astype(float)
    found = KSame(tiny_split(), tiny_bank(), k=4).with_key(KEY, SHAPE)(PHOTOS).flatten(1).numpy()
    for own, mean in zip(plain(), found, strict=True):
        nearest = sorted(range(len(bank)), key=lambda row: ((bank[row] - own) ** 2).sum())[:4]
        assert np.abs(sum(bank[row] for row in nearest) / 4 - mean).max() < 1e-3


def test_all_of_the_bank_is_one_answer_for_everybody() -> None:
    found = KSame(tiny_split(), tiny_bank(), k=40).with_key(KEY, SHAPE)(PHOTOS)
    assert torch.allclose(found, found[:1].expand_as(found), atol=1e-4)


def test_four_bits_are_sixteen_levels() -> None:
    how = TaskAnswers(tiny_split(), tiny_answers(), numbers=2, deviation=0.5)
    found = levels(how.with_key(KEY, SHAPE)(PHOTOS).flatten(1), how.scale, 4)
    assert 0 <= int(found.min()) < int(found.max()) <= 15


def test_noise_is_normal_and_the_same_for_the_same_photo_alone() -> None:
    many = torch.randint(0, 256, (800, *SHAPE), generator=torch.Generator().manual_seed(0)).to(torch.uint8)
    noisy = TaskAnswers(tiny_split(), tiny_answers(), numbers=2, bits=0, deviation=0.5)
    bare = TaskAnswers(tiny_split(), tiny_answers(), numbers=2, bits=0).with_key(KEY, SHAPE)(many)
    first, again, theirs = (noisy.with_key(key, SHAPE)(many) for key in (KEY, KEY, OTHER))
    drawn = (first - bare).flatten()
    assert torch.equal(first, again)
    assert abs(float(drawn.std()) - 0.5) < 0.03
    assert abs(float(drawn.mean())) < 0.05
    assert abs(float(torch.corrcoef(torch.stack([drawn, (theirs - bare).flatten()]))[0, 1])) < 0.1


@pytest.mark.parametrize("deviation", [0.0, 0.5])
def test_a_key_is_at_work_exactly_if_there_is_noise(deviation: float) -> None:
    how = TaskAnswers(tiny_split(), tiny_answers(), numbers=2, bits=0, deviation=deviation)
    mine, theirs = (how.with_key(key, SHAPE)(PHOTOS) for key in (KEY, OTHER))
    assert how.keyed_by_secret == (deviation > 0) == (not torch.equal(mine, theirs))
