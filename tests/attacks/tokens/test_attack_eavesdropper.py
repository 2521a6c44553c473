"""Who listens: recognises clean features, and noisy ones as far as they resemble them; a constant noise is none."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from feature_examples import TINY, found, people, same_photo
from masquerade.attacks.attacker_classifier import TrainingBudget
from masquerade.attacks.base import Attack, Labelled, View
from masquerade.attacks.tokens.centring_eavesdropper import CentringEavesdropper, moved
from masquerade.attacks.tokens.cosine_listener import CosineListener
from masquerade.attacks.tokens.discriminant_listener import DiscriminantListener
from masquerade.attacks.tokens.eavesdropper import Eavesdropper
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
    schooling = TrainingBudget("recnet", TINY, 3, 48)
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


CENTRING = CentringEavesdropper(options=TINY, steps=50, batch_size=48)


def under_a_constant(size: float) -> torch.Tensor:
    """The owners' normalised maps with the same vector on each."""
    same = torch.randn(OWNERS.shape[1:], generator=torch.Generator().manual_seed(9))
    return token_norm(OWNERS) + size * same


def shuffled(maps: torch.Tensor) -> torch.Tensor:
    return maps[torch.randperm(len(maps), generator=torch.Generator().manual_seed(3))]


def test_a_constant_noise_hides_from_who_does_not_centre_alone() -> None:
    released = under_a_constant(6.0)
    rng = np.random.default_rng
    assert found(QUICK(view(released), rng(0)), LABELS).value < 0.4
    for rescales in (False, True):
        guess = replace(CENTRING, rescales=rescales)(view(released), rng(0))
        assert found(guess, LABELS).value > 0.6
        assert same_photo(guess) > 0.8
    assert found(CosineListener(centres=False)(view(released), rng(0)), LABELS).value < 0.4
    untrained = CosineListener()(view(released), rng(0))
    assert found(untrained, LABELS).value > 0.9
    assert same_photo(untrained) == 1


@pytest.mark.parametrize("attack", [CENTRING, CosineListener()], ids=lambda attack: attack.name)
def test_maps_that_are_not_the_candidates_are_found_by_chance(attack: Attack) -> None:
    guess = attack(view(shuffled(under_a_constant(1.0))), np.random.default_rng(0))
    assert found(guess, LABELS).value < 0.25
    assert same_photo(guess) < 0.1


@pytest.mark.parametrize("attack", [CENTRING, CosineListener()], ids=lambda attack: attack.name)
def test_maps_of_another_shape_are_not_compared(attack: Attack) -> None:
    with pytest.raises(NotApplicable, match="another shape"):
        attack(view(OWNERS[:, :8]), np.random.default_rng(0))


def test_moved_maps_have_the_mean_and_spread_of_public_ones() -> None:
    public = token_norm(PUBLIC.images)
    maps = moved(5 + 3 * OWNERS, public, rescales=True)
    assert torch.allclose(maps.mean(0), public.mean(0), atol=1e-4)
    assert torch.allclose(maps.std(0, correction=0), public.std(0, correction=0), atol=1e-4)
    still = moved(torch.ones(3, *OWNERS.shape[1:]), public, rescales=True)
    assert torch.allclose(still, public.mean(0).expand_as(still))


def along_few_directions(size: float) -> torch.Tensor:
    """The owners' normalised maps under noise of each map's own, along eight directions."""
    drawn = torch.Generator().manual_seed(4)
    directions = torch.linalg.qr(torch.randn(OWNERS[0].numel(), 8, generator=drawn)).Q
    noise = torch.randn(len(OWNERS), 8, generator=drawn) @ directions.T
    return token_norm(OWNERS) + size * noise.view_as(OWNERS)


def test_noise_along_few_directions_is_found_in_what_was_intercepted() -> None:
    released = along_few_directions(400.0)
    assert found(CosineListener()(view(released), np.random.default_rng(0)), LABELS).value < 0.4
    aware = DiscriminantListener(size=100)
    guess = aware(view(released), np.random.default_rng(0))
    assert found(guess, LABELS).value > 0.8
    assert same_photo(guess) > 0.8
    wrong = aware(view(shuffled(released)), np.random.default_rng(0))
    assert found(wrong, LABELS).value < 0.25
    with pytest.raises(NotApplicable, match="another shape"):
        aware(view(OWNERS[:, :8]), np.random.default_rng(0))
