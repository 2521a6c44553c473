"""Inversion networks and purification: they take off what can be learnt or averaged away, and nothing else."""

from dataclasses import replace
from io import BytesIO

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from masquerade.attacks.base import Disguising, Reconstruction
from masquerade.attacks.cache import kept, vectors_of
from masquerade.attacks.cloaks.hypernet_leak import HypernetLeak
from masquerade.attacks.cloaks.inversion import InversionNetwork
from masquerade.attacks.cloaks.purification import (
    EVERY_PURIFICATION,
    bits,
    blur,
    jpeg,
    median,
    purified,
    resize,
)
from masquerade.attacks.cloaks.restoration import cloaked_public
from masquerade.attacks.cloaks.tracker import Tracker
from masquerade.errors import AttackError, MissingSight, UsageError
from masquerade.metrics import energy_removed, tracked
from masquerade.networks.cloaks.inversion import InvNet
from masquerade.training.hyperobf.inversion import InversionSettings, restored, train_inversion
from tracking_examples import Cloak, heavily_tinted, noisy, people, pixels, scene, scrambled, tinted

QUICK = {"pairs": 72, "steps": 100, "width": 8}


def removed(attack: InversionNetwork, cloak: Cloak) -> float:
    view, truth = scene(cloak)
    guess = attack(view, np.random.default_rng(0))
    assert isinstance(guess, Reconstruction)
    return energy_removed(guess, truth).value


def test_a_users_own_cloak_comes_off_once_it_leaked() -> None:
    own = removed(InversionNetwork(own=True, **QUICK), tinted)  # type: ignore[arg-type]
    assert own > 0.8
    assert removed(InversionNetwork(masknets=1, **QUICK), tinted) < own - 0.3  # type: ignore[arg-type]


def test_noise_comes_off_and_a_scramble_does_not() -> None:
    assert removed(InversionNetwork(**QUICK), noisy) > 0.3  # type: ignore[arg-type]
    view, truth = scene(scrambled)
    guess = InversionNetwork(**QUICK)(view, np.random.default_rng(0))  # type: ignore[arg-type]
    assert isinstance(guess, Reconstruction)
    nearest = pixels(guess.images) @ pixels(truth.originals).T
    assert float((nearest.argmax(1) == torch.arange(len(nearest))).float().mean()) < 0.2


def test_a_tracker_of_restored_photos() -> None:
    def rate(own: bool) -> float:
        view, truth = scene(heavily_tinted)
        tracker = Tracker("nearest", "pixels", restore="inversion", own=own, **QUICK)  # type: ignore[arg-type]
        guess = tracker(view, np.random.default_rng(0))
        return tracked(guess, truth).value

    assert rate(own=True) > 0.6
    assert rate(own=False) < 0.4


def test_a_leaked_hypernetwork_is_a_key_for_each_photo() -> None:
    view, truth = scene(noisy)
    drawn: list[int] = []
    assert view.fresh is not None
    fresh = view.fresh

    def counted() -> Disguising:
        drawn.append(1)
        return fresh()

    attack = HypernetLeak("nearest", "pixels", masknets=30, **QUICK)  # type: ignore[arg-type]
    guess = attack(replace(view, fresh=counted), np.random.default_rng(0))
    assert len(drawn) == 30
    assert tracked(guess, truth).value > 0.8


def test_own_cloaks_need_their_labels() -> None:
    view, _ = scene(tinted)
    with pytest.raises(MissingSight, match="labels"):
        InversionNetwork(own=True)(replace(view, labels=None), np.random.default_rng(0))


def test_public_photos_are_divided_among_the_keys() -> None:
    public = people(2, 12, 6)
    worn: list[int] = []

    def cloak(number: int) -> Disguising:
        def wear(images: Tensor) -> Tensor:
            worn.append(len(images))
            return images + number

        return wear

    cloaked, rows = cloaked_public(public, [cloak(k) for k in range(1, 4)], 8, np.random.default_rng(0))
    assert worn == [3, 3, 2]
    change = (cloaked - public.images[rows]).flatten(1)
    assert change[:, 0].tolist() == [1, 2, 3, 1, 2, 3, 1, 2]
    assert len(set(rows.tolist())) == 8


@pytest.mark.parametrize(("h", "w"), [(16, 16), (17, 23), (5, 4)])
def test_an_untrained_network_leaves_photos_of_any_size(h: int, w: int) -> None:
    photos = torch.randint(0, 256, (2, 3, h, w), dtype=torch.uint8)
    assert torch.equal(InvNet(2)(photos), photos.float())
    assert torch.equal(InvNet(2, skips=False)(photos), photos.float())


def test_the_thesis_network_has_its_sizes() -> None:
    shapes = [tuple(p.shape) for p in InvNet(64, skips=False).parameters() if p.ndim == 4]
    assert shapes == [
        (64, 3, 3, 3),
        (128, 64, 3, 3),
        (256, 128, 3, 3),
        (256, 128, 2, 2),
        (128, 64, 2, 2),
        (3, 64, 3, 3),
    ]
    with pytest.raises(UsageError, match="so wide"):
        InvNet(0)


@pytest.mark.parametrize("loss", ["mse", "ssim"])
def test_training_is_reproducible_and_takes_noise_away(loss: str) -> None:
    photos = people(2, 12, 6).images
    worn = noisy(3)(photos)
    settings = InversionSettings.model_validate(
        {"width": 8, "steps": 50, "learning_rate": 0.01, "loss": loss}
    )
    first, again = (train_inversion(worn, photos, settings, np.random.default_rng(1)) for _ in range(2))
    assert torch.equal(restored(first, worn), restored(again, worn))
    assert (restored(first, worn) - photos).square().mean() < (worn - photos).square().mean()
    assert restored(first, worn[:0]).shape == (0, 3, 16, 16)


def test_pairs_must_match() -> None:
    photos = torch.zeros(2, 3, 8, 8)
    for wrong in (photos[:1], photos[:0]):
        with pytest.raises(UsageError, match="pairs"):
            train_inversion(
                wrong, photos[: len(wrong) + 1], InversionSettings(steps=1), np.random.default_rng(0)
            )


@pytest.mark.parametrize("name", EVERY_PURIFICATION)
def test_purified_photos_stay_photos(name: str) -> None:
    photos = people(2, 12, 6).images
    found = purified(photos, name, None)
    assert found.shape == photos.shape
    assert found.dtype == torch.float32
    assert 0 <= float(found.min()) <= float(found.max()) <= 255
    assert 0 < float((found - photos).abs().mean()) < 20
    flat = torch.full((1, 3, 16, 16), 119.0)
    assert (purified(flat, name, None) - flat).abs().max() <= 8  # four bits are steps of 16


def test_what_each_purification_does() -> None:
    photos = people(2, 12, 6).images
    dotted = torch.full((1, 3, 9, 9), 50.0)
    dotted[0, :, 4, 4] = 250
    assert bool((median(dotted, 3) == 50).all())
    assert len(torch.unique(bits(photos, 3))) <= 8
    spread = blur(dotted, 1.0)
    assert float(spread.sum()) == pytest.approx(float(dotted.sum()), rel=1e-3)
    assert float(spread[0, 0, 4, 4] - 50) == pytest.approx(200 * 0.1592, rel=0.02)  # 1 / (2 pi)
    checks = 255.0 * ((torch.arange(16)[:, None] + torch.arange(16)) % 2).expand(1, 3, 16, 16)
    assert float(resize(checks, 0.5).std()) < 30
    file = BytesIO()
    Image.fromarray(photos[0].permute(1, 2, 0).to(torch.uint8).numpy()).save(file, "JPEG", quality=75)
    expected = torch.from_numpy(np.array(Image.open(file))).permute(2, 0, 1)
    assert torch.equal(jpeg(photos[:1], 75)[0], expected.float())


def test_unknown_purifications_are_named() -> None:
    for name, strength in (("soap", None), ("blur", 0.0)):
        with pytest.raises(AttackError, match="no such purification"):
            purified(torch.zeros(1, 3, 4, 4), name, strength)


def test_what_is_kept_is_computed_once() -> None:
    calls: list[int] = []

    def embed(images: Tensor) -> Tensor:
        calls.append(len(images))
        return images.flatten(1)

    photos = people(2, 12, 6).images
    assert torch.equal(vectors_of("test", embed, photos[:5]), photos[:5].flatten(1))
    assert torch.equal(vectors_of("test", embed, photos[3:8]), photos[3:8].flatten(1))
    assert calls == [5, 3]
    assert [kept("a name of this test", lambda k=k: k) for k in range(3)] == [0, 0, 0]  # type: ignore[misc]
