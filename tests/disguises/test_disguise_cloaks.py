"""Cloaks: what they promise beyond the contract of all disguises."""

from dataclasses import replace

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from cloak_examples import SMALL, TINY_FINDERS, Classified, TinyRecogniser, fixed, smooth_photos
from masquerade.disguises import (
    Chain,
    Disguise,
    Fawkes,
    LowKey,
    MaskNetCloak,
    MatchedNoise,
    from_description,
    numbers_of,
    untrained,
)
from masquerade.disguises.cloaks.fawkes import KeyedFawkes
from masquerade.disguises.cloaks.fawkes_optimiser import FawkesSettings, Weights, fawkes
from masquerade.disguises.cloaks.lowkey import blurred
from masquerade.disguises.cloaks.masknet import moved_from
from masquerade.disguises.cloaks.optimiser import START, CloakBudget, optimised
from masquerade.errors import ModelError, UsageError
from masquerade.keys import Key
from masquerade.networks.cloaks.ssim import structural_similarity
from masquerade.recipes import recipe

KEY = Key.from_secret(bytes(range(32)))
OTHER_KEY = Key.from_secret(bytes(range(1, 33)))
PHOTOS = smooth_photos(9)
SHAPE = (3, 32, 32)
SOURCE = untrained("masknet-1", 32)

CLOAKS: tuple[Disguise, ...] = (
    MaskNetCloak(SOURCE, steps=20),
    Fawkes("low", (TinyRecogniser(),)),
    LowKey((TinyRecogniser(), TinyRecogniser(1)), steps=8),
    MatchedNoise(6),
    MatchedNoise(6, fresh=True),
)
every = pytest.mark.parametrize("cloak", CLOAKS, ids=repr)


def cloaked(cloak: Disguise, photos: Tensor = PHOTOS, key: Key = KEY) -> Tensor:
    return cloak.with_key(key, tuple(photos.shape[1:]))(photos)  # type: ignore[arg-type]


def features(key: Key, photos: Tensor) -> Tensor:
    return functional.normalize(SOURCE.draw(numbers_of(key))(photos))


@every
def test_photos_come_out_as_whole_grey_levels(cloak: Disguise) -> None:
    found = cloaked(cloak)
    assert torch.equal(found, found.to(torch.uint8).float())
    assert 0.3 < (found - PHOTOS).abs().mean() < 30


@every
def test_a_photo_has_the_same_bits_in_any_batch_and_on_any_number_of_threads(cloak: Disguise) -> None:
    keyed = cloak.with_key(KEY, SHAPE)
    together = keyed(PHOTOS)
    order = torch.tensor([5, 0, 8, 3, 1, 7, 2, 4, 6])
    assert torch.equal(keyed(PHOTOS[order]), together[order])
    assert torch.equal(torch.cat([keyed(PHOTOS[i : i + 1]) for i in (0, 8)]), together[[0, 8]])
    threads = torch.get_num_threads()
    torch.set_num_threads(3)
    try:
        assert torch.equal(keyed(PHOTOS), together)
        assert torch.get_num_threads() == 3
    finally:
        torch.set_num_threads(threads)


@every
def test_photos_of_odd_sides_have_the_same_bits_in_any_batch(cloak: Disguise) -> None:
    photos = smooth_photos(3, 23)[..., :17]
    keyed = cloak.with_key(KEY, (3, 23, 17))
    assert torch.equal(keyed(photos)[[2]], keyed(photos[2:]))


@every
def test_grey_photos_stay_grey_and_colours_beside_them_do_not(cloak: Disguise) -> None:
    grey = PHOTOS[:2, :1].repeat(1, 3, 1, 1)
    found = cloaked(cloak, torch.cat([grey, PHOTOS[2:3]]))
    assert torch.equal(found[:2], found[:2, :1].expand(-1, 3, -1, -1))
    assert (found[:2] - grey).abs().mean() > 0.3
    assert torch.equal(found[2:], cloaked(cloak, PHOTOS[2:3]))


@every
def test_descriptions_name_the_networks_and_read_back(cloak: Disguise) -> None:
    described = cloak.describe()
    assert from_description(described, TINY_FINDERS) == cloak
    for name in ("source", "recognisers"):
        if name in described:
            networks = described[name] if isinstance(described[name], list) else [described[name]]
            assert all(set(network) == {"name", "digest"} for network in networks)


@pytest.mark.parametrize("bound", [15.0, 4.5, 1.0])
def test_no_pixel_changes_by_more_than_the_bound(bound: float) -> None:
    photos = torch.cat([PHOTOS.float(), PHOTOS[:1] + 0.4])  # one of them between grey levels
    change = (cloaked(MaskNetCloak(SOURCE, bound=bound), photos) - photos).abs()
    assert change.max() <= bound
    assert change[:9].max() == int(bound)


def test_the_users_own_features_move_and_anothers_move_less() -> None:
    found = cloaked(MaskNetCloak(SOURCE))
    own, other = ((features(key, found) - features(key, PHOTOS)).norm(dim=1) for key in (KEY, OTHER_KEY))
    noise = cloaked(MatchedNoise(float((found - PHOTOS).abs().mean())))
    as_noise = (features(KEY, noise) - features(KEY, PHOTOS)).norm(dim=1)
    assert (own > 1.5 * other).all()
    assert (own > 3 * as_noise).all()


def test_cloaks_of_two_keys_are_hardly_alike() -> None:
    mine, theirs = (cloaked(MaskNetCloak(SOURCE), key=key) - PHOTOS for key in (KEY, OTHER_KEY))
    assert functional.cosine_similarity(mine.flatten(1), theirs.flatten(1)).abs().max() < 0.5


def test_what_is_above_the_free_dissimilarity_is_paid_for() -> None:
    shares = [
        (1 - structural_similarity(cloaked(MaskNetCloak(SOURCE, dssim=free)), PHOTOS.float())) / 2
        for free in (0.5, 0.01)
    ]
    assert (shares[1] < shares[0]).all()
    assert shares[0].mean() > 0.03
    weighed = optimised(
        PHOTOS.float(),
        torch.full(PHOTOS.shape, START),
        lambda photos: 0 * photos.sum((1, 2, 3)),
        CloakBudget(),
    )
    assert torch.equal(weighed, PHOTOS.float())


def test_the_optimiser_is_adam_as_the_published_code_has_it() -> None:
    photos, start = PHOTOS[:2].float(), START * fixed((2, *SHAPE), 2).clamp(-1, 1)
    distance = moved_from(photos, SOURCE.draw(numbers_of(KEY)))
    budget = CloakBudget(steps=8, dssim=0.005)
    change = start.clone().requires_grad_()
    places = torch.atanh((photos / 255 - 0.5) * (2 - 1e-6))
    adam = torch.optim.Adam([change], lr=0.01)
    for step in range(budget.steps):
        seen = _seen(places, change, photos)
        over = ((1 - structural_similarity(seen, photos)) / 2 - budget.dssim).clamp(min=0)
        adam.zero_grad()
        (100 * over.square() - distance(seen)).sum().backward()
        adam.step()
        if step == 0:
            assert change.grad is not None
            change.data -= 0.01 * change.grad.sign()
    expected = _seen(places, change, photos).detach().round()
    found = optimised(photos, start, distance, budget)
    assert (found != expected).float().mean() < 0.01
    assert (found - photos).abs().mean() > 1


def _seen(places: Tensor, change: Tensor, photos: Tensor) -> Tensor:
    moved = (torch.tanh(places + change) / (2 - 1e-6) + 0.5) * 255
    return photos + (moved - photos).clamp(-15, 15)


def test_a_masknet_out_of_a_file_cloaks_as_the_key_does() -> None:
    cloak = MaskNetCloak(SOURCE)
    numbers = numbers_of(KEY)
    assert torch.equal(
        cloak.with_masknet(SOURCE.draw(numbers), numbers, SHAPE)(PHOTOS[:2]), cloaked(cloak)[:2]
    )


def test_logits_are_the_classifiers_but_for_the_last() -> None:
    cloak, last_differs, first_differs = (
        MaskNetCloak(Classified(), steps=5, features="logits") for _ in range(3)
    )
    for changed, row in ((last_differs, -1), (first_differs, 0)):
        classifier = changed.source.classifier
        assert isinstance(classifier, nn.Linear)
        classifier.weight[row] *= -3
    assert torch.equal(cloaked(cloak), cloaked(last_differs))
    assert not torch.equal(cloaked(cloak), cloaked(first_differs))
    assert not torch.equal(cloaked(cloak), cloaked(replace(cloak, features="penultimate")))


@pytest.mark.parametrize(("mode", "dssim"), [("low", 0.004), ("mid", 0.012)])
def test_fawkes_keeps_to_its_budget_and_moves_away(mode: str, dssim: float) -> None:
    recogniser = TinyRecogniser()
    found = cloaked(Fawkes(mode, (recogniser,)))  # type: ignore[arg-type]
    shares = (1 - structural_similarity(found, PHOTOS.float())) / 2
    assert (shares < 1.2 * dssim).all()  # rounding comes after
    assert shares.median() > 0.5 * dssim
    assert (found - PHOTOS).abs().max() <= 15
    noise = cloaked(MatchedNoise(float((found - PHOTOS).abs().mean())))
    own, other = ((recogniser(photos) - recogniser(PHOTOS)).norm(dim=1) for photos in (found, noise))
    assert own.mean() > 2 * other.mean()


def test_targeted_fawkes_comes_nearer_to_its_target() -> None:
    recogniser, others = TinyRecogniser(), smooth_photos(30, seed=8)
    keyed = Fawkes("mid", (recogniser,), targeted=True).with_key(KEY, SHAPE)
    assert isinstance(keyed, KeyedFawkes)
    photos, target = PHOTOS[:5], others[:1]
    found = keyed.with_public(target)(photos)
    before, after = ((recogniser(each) @ recogniser(target).T)[:, 0] for each in (photos, found))
    assert (after > before).all()
    unlike = (recogniser(photos) @ recogniser(others).T).argmin(1)
    chosen = keyed.with_public(torch.cat([others[unlike[:1]], photos[:1]]))(photos[:1])
    assert torch.equal(chosen, keyed.with_public(others[unlike[:1]])(photos[:1]))


def test_fawkes_leaves_a_photo_as_it_was_where_no_step_is_within_the_budget() -> None:
    photos, start = PHOTOS[:2].float(), torch.full((2, *SHAPE), START)
    settings = FawkesSettings(dssim=0.0, steps=6, rate=25, extractors=1)
    for towards in (True, False):
        found = fawkes(
            photos, start, lambda seen: 1 + seen.square().mean((1, 2, 3)), settings, towards=towards
        )
        assert torch.equal(found, photos)


def test_the_weight_in_fawkes_doubles_under_the_budget_halves_over_it_and_starts_anew_between() -> None:
    weights = Weights(1, FawkesSettings(dssim=0.1, steps=1, rate=1, extractors=1))
    seen = []
    for dssim in (0.05, 0.05, 0.2, 0.2, 0.2, 0.1, 0.2, 0.05, *[0.05] * 9):
        weights.move(torch.tensor([dssim]))
        seen.append(float(weights.now))
    assert seen == [2, 4, 1, 0.5, 0.25, 1, 0.5, 1, 2, 4, 8, 16, 32, 64, 128, 256, 1]


def test_lowkey_moves_vectors_seen_sharp_and_blurred() -> None:
    recognisers = (TinyRecogniser(), TinyRecogniser(1))
    found = cloaked(LowKey(recognisers, steps=16))
    noise = cloaked(MatchedNoise(float((found - PHOTOS).abs().mean())))
    assert (found - PHOTOS).abs().max() <= 0.0025 * 255 * 16 + 0.005 * 255 + 0.5
    for recogniser in recognisers:
        for view in (lambda photos: photos, blurred):
            own, other = (
                (recogniser(view(photos)) - recogniser(PHOTOS)).norm(dim=1) for photos in (found, noise)
            )
            assert own.mean() > 1.3 * other.mean()
    eye = cloaked(LowKey(recognisers, steps=16, perceptual=50))
    assert (
        structural_similarity(eye, PHOTOS.float()).mean()
        > structural_similarity(found, PHOTOS.float()).mean()
    )


def test_the_blur_of_lowkey_is_a_gaussian_of_seven_pixels() -> None:
    point = torch.zeros(1, 3, 15, 15)
    point[:, :, 7, 7] = 1
    window = blurred(point)
    assert torch.allclose(window.sum((2, 3)), torch.ones(1, 3))
    assert int((window[0, 0] > 0).sum()) == 49
    expected = float(torch.tensor(-9 / 18.0).exp())
    assert float(window[0, 0, 7, 10] / window[0, 0, 7, 7]) == pytest.approx(expected, rel=1e-5)
    assert torch.allclose(blurred(torch.full((1, 3, 9, 9), 77.0)), torch.full((1, 3, 9, 9), 77.0))


@pytest.mark.parametrize("fresh", [True, False])
@pytest.mark.parametrize("mean_change", [0.5, 8.0, 40.0])
def test_noise_changes_each_photo_by_what_was_asked_for(mean_change: float, fresh: bool) -> None:
    dark = torch.cat([PHOTOS, PHOTOS[:1] // 8, torch.full((1, *SHAPE), 255, dtype=torch.uint8)])
    change = (cloaked(MatchedNoise(mean_change, fresh), dark) - dark).abs().mean((1, 2, 3))
    assert (change / mean_change - 1).abs().max() < 0.05


def test_noise_is_one_pattern_a_key_or_another_for_each_photo() -> None:
    grounds = torch.stack([torch.full(SHAPE, level, dtype=torch.uint8) for level in (100, 140)])
    for fresh in (False, True):
        one, other = (cloaked(MatchedNoise(8, fresh), grounds) - grounds).flatten(1)
        alike = float(functional.cosine_similarity(one, other, dim=0))
        assert alike < 0.1 if fresh else alike > 0.99


def test_a_source_of_another_digest_is_refused() -> None:
    described = MaskNetCloak(SMALL).describe()
    assert from_description(described) == MaskNetCloak(SMALL)
    described["source"]["digest"] = "0" * 64
    with pytest.raises(ModelError, match="another source"):
        from_description(described)


def test_recipes_of_cloaks_open_their_networks_last_and_can_be_changed() -> None:
    known = recipe("hyperobf-untrained")
    assert known.whole() == MaskNetCloak(untrained())
    small = known.changed({"source": "untrained-masknet-2-64", "steps": 7})
    assert small.whole() == MaskNetCloak(untrained("masknet-2", 64), steps=7)
    assert known.changed({}) is known
    after = replace(known, disguise=MatchedNoise(2))
    assert after.whole() == Chain((MaskNetCloak(untrained()), MatchedNoise(2)))
    assert recipe("control-noise-fresh").whole() == MatchedNoise(10.0, fresh=True)


@pytest.mark.parametrize(
    ("name", "change"),
    [("hyperobf", {"stride": 3}), ("dn-lfw", {"steps": 3}), ("hyperobf", {"source": "no-such-file"})],
)
def test_changes_that_do_not_fit_are_named(name: str, change: dict[str, object]) -> None:
    with pytest.raises(UsageError, match=r"\."):
        recipe(name).changed(change).whole()
