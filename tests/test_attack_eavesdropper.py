"""An eavesdropper: recognises clean features, and noisy ones as far as they resemble them."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from feature_examples import TINY, found, people, same_photo
from masquerade.attacks.base import Labelled, View
from masquerade.attacks.eavesdropper import Eavesdropper
from masquerade.attacks.examiner import Schooling
from masquerade.encoders.noise_encoder import NoiseOptions, token_norm
from masquerade.errors import MissingSight, NotApplicable
from masquerade.training.settings import Settings
from masquerade.training.xnn_d import Faces, XNNDSettings, obfuscated, train_noise

OWNERS, LABELS = people(12, 5, seed=1, spread=0.4)
PUBLIC = Labelled(*people(30, 6, seed=2, spread=0.4))
QUICK = Eavesdropper(options=TINY, steps=50, batch_size=48)


def view(released: torch.Tensor) -> View:
    return View(released, public=PUBLIC, candidates=OWNERS)


def under_noise(amount: float) -> torch.Tensor:
    schooled = Settings(network="recnet", options=TINY, steps=80, optimiser="adamw", learning_rate=2e-3)
    noise = NoiseOptions(amount=amount, width=32, heads=2)
    settings = XNNDSettings(recogniser=schooled, noise=noise, adversarial_steps=30)
    own = Faces(*people(20, 6, seed=3, spread=0.4))
    return obfuscated(train_noise(own, settings, np.random.default_rng(5)), Faces(OWNERS, LABELS))


def test_without_noise_it_recognises_people_and_photos() -> None:
    guess = QUICK(view(token_norm(OWNERS)), np.random.default_rng(0))
    assert found(guess, LABELS).value > 0.6
    assert same_photo(guess) == 1


def test_it_normalises_by_itself() -> None:
    quick = replace(QUICK, steps=5)
    plain, scaled = (quick(view(maps), np.random.default_rng(0)) for maps in (OWNERS, 3 + 5 * OWNERS))
    assert torch.allclose(plain.similarity, scaled.similarity, atol=1e-3)


def test_much_noise_hides_more_than_none() -> None:
    noisy = QUICK(view(under_noise(30.0)), np.random.default_rng(0))
    assert same_photo(noisy) < 0.7


def test_who_rehearses_learns_from_as_many_noisy_maps() -> None:
    rehearsed = replace(QUICK, rehearsed=2.0, steps=3)
    schooling = Schooling("recnet", TINY, 3, 48)
    lessons = rehearsed._lessons(PUBLIC, schooling, np.random.default_rng(0))
    clean, noisy = lessons.images.chunk(2)
    assert torch.equal(clean, token_norm(PUBLIC.images))
    assert 0.3 < float((noisy - clean).square().mean().sqrt()) < 2
    assert torch.equal(lessons.labels, PUBLIC.labels.repeat(2))
    once, again = (rehearsed(view(OWNERS), np.random.default_rng(0)) for _ in range(2))
    assert torch.equal(once.similarity, again.similarity)


def test_says_what_it_lacks() -> None:
    with pytest.raises(MissingSight, match="public"):
        QUICK(replace(view(OWNERS), public=None), np.random.default_rng(0))
    alone = Labelled(PUBLIC.images, torch.zeros_like(PUBLIC.labels))
    with pytest.raises(NotApplicable, match="two people"):
        QUICK(replace(view(OWNERS), public=alone), np.random.default_rng(0))
