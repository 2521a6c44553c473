"""The baselines: how InstaHide mixes, NeuraCrypt shuffles, and TaskAugment pairs."""

import numpy as np
import torch
from torch import Tensor

from masquerade.disguises import Chain, Dauntless, InstaHide, NeuraCrypt, Noise, TaskAugment
from masquerade.keys import Key

KEY = Key.from_secret(bytes(32))
SHAPE = (3, 16, 16)


def photos(n: int = 40, seed: int = 0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(0, 256, (n, *SHAPE), generator=generator, dtype=torch.uint8)


def standard(images: Tensor) -> Tensor:
    return (images.float() - 127.5) / 64


def test_instahide_without_its_signs_is_the_mixture_that_it_tells() -> None:
    keyed = InstaHide(k=3).with_key(KEY, SHAPE)
    originals, weights = keyed.mixture(photos())
    mixed = (
        torch.from_numpy(weights).float()[:, :, None, None, None]
        * standard(photos())[torch.from_numpy(originals)]
    ).sum(1)
    disguised = standard(keyed(photos()))
    assert torch.allclose(disguised.abs(), mixed.abs(), atol=1e-5)
    assert 0.48 < (disguised.sign() == mixed.sign()).float().mean() < 0.52


def test_instahide_weights_keep_to_the_ceiling_and_partners_are_permutations() -> None:
    originals, weights = InstaHide(k=3, ceiling=0.5).with_key(KEY, SHAPE).mixture(photos(300))
    assert weights.max() <= 0.5
    assert np.allclose(weights.sum(1), 1)
    assert originals[:, 0].tolist() == list(range(300))
    assert sorted(originals[:, 1]) == sorted(originals[:, 2]) == list(range(300))
    assert (originals[:, 1] != originals[:, 2]).any()


def test_instahide_targets_are_mixed_by_the_same_weights() -> None:
    keyed = InstaHide().with_key(KEY, SHAPE)
    originals, weights = keyed.mixture(photos())
    targets = keyed.targets(photos(), torch.eye(40)).numpy()
    for row, (own, partner) in enumerate(originals):
        expected = np.zeros(40)
        expected[own] += weights[row, 0]
        expected[partner] += weights[row, 1]
        assert np.allclose(targets[row], expected)


def test_instahide_draws_anew_for_another_call() -> None:
    keyed = InstaHide().with_key(KEY, SHAPE)
    one, other = standard(keyed(photos())), standard(keyed(photos().flip(0)).flip(0))
    assert 0.45 < (one.sign() == other.sign()).float().mean() < 0.55
    assert (keyed.mixture(photos())[0] != keyed.mixture(photos(41))[0][:40]).any()


def test_instahide_is_asked_with_plain_photos() -> None:
    assert torch.equal(InstaHide().with_key(KEY, SHAPE).query(photos()), photos().float())
    chain = Chain((InstaHide(), Dauntless(width=8))).keyed(KEY, SHAPE)
    plain = Dauntless(width=8).with_key(KEY.derive("part 1"), SHAPE)(photos())
    assert torch.equal(chain.query(photos()), plain)


def test_instahide_across_data_sets_takes_two_private_photos_and_the_rest_public() -> None:
    keyed = InstaHide(k=4, mode="cross").with_key(KEY, SHAPE).with_public(photos(7, seed=1))
    originals, weights = keyed.mixture(photos(200))
    assert originals[:, 2:].max() == 6
    assert weights[:, :2].sum(1).min() >= 0.3
    assert torch.allclose(keyed.targets(photos(200), torch.eye(200)).sum(1), torch.ones(200))
    black = keyed.with_public(torch.zeros(1, *SHAPE))(photos(200))
    assert not torch.equal(black, keyed(photos(200)))


def test_neuracrypt_shuffles_each_photo_in_its_own_way() -> None:
    keyed = NeuraCrypt(depth=0, width=16, patch=4).with_key(KEY, SHAPE)
    codes = keyed(photos()).flatten(2)
    assert torch.equal(codes, keyed(photos()).flatten(2))
    brighter = photos(1).clone()
    brighter[0, 0, 0, 0] ^= 1  # a photo that is nearly the same has nearly the same codes, in another order
    one, other = codes[0].T, keyed(brighter).flatten(2)[0].T
    nearest = torch.cdist(one, other).argmin(1)
    assert sorted(nearest.tolist()) == list(range(16))
    assert nearest.tolist() != list(range(16))


def test_neuracrypt_codes_are_told_apart_after_many_layers() -> None:
    codes = NeuraCrypt(depth=4, width=32, patch=4).with_key(KEY, SHAPE)(photos()).flatten(2)
    assert codes.std((0, 2)).mean() > 0.1


def test_dauntless_is_not_linear_unless_it_has_one_layer() -> None:
    for depth, linear in ((1, True), (2, False)):
        keyed = Dauntless(width=8, depth=depth).with_key(KEY, SHAPE)
        one, other = photos(2)[:1].float(), photos(2)[1:].float()
        middle = keyed((one + other) / 2)
        assert torch.allclose(middle, (keyed(one) + keyed(other)) / 2, atol=1e-3) == linear


def test_task_augment_targets_name_both_classes_and_the_photos_own_comes_back() -> None:
    for form, size in (("product", 120), ("factored", 43)):
        keyed = TaskAugment(classes=3, width=8, patch=4, form=form).with_key(KEY, SHAPE)  # type: ignore[arg-type]
        targets = keyed.targets(photos(), torch.eye(40))
        assert targets.shape == (40, size)
        assert torch.allclose(keyed.marginal(targets), torch.eye(40))


def test_task_augment_takes_the_owners_other_task() -> None:
    keyed = TaskAugment(width=8, patch=4).with_key(KEY, SHAPE)
    given = keyed.with_task(photos(2, seed=1), torch.tensor([0, 1]))
    assert given.targets(photos(), torch.eye(40)).shape == (40, 80)
    assert given.out_shape == keyed.out_shape
    assert not torch.equal(given(photos()), keyed(photos()))


def test_task_augment_partners_differ_between_photos_and_stay_in_a_chain() -> None:
    task = TaskAugment(classes=5, width=8, patch=4)
    others = task.with_key(KEY, SHAPE).targets(photos(), torch.ones(40, 1)).argmax(1)
    assert len(others.unique()) == 5
    after_noise = Chain((Noise(5), task)).with_key(KEY, SHAPE)
    assert torch.equal(
        after_noise.targets(photos(), torch.eye(40)), after_noise.targets(photos().float(), torch.eye(40))
    )
