"""Attacks on features: each finds what it should where nothing protects, and adapts where something does."""

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from feature_attack_examples import SIDE, faces, features, mixed, own_faces, split, victims, view
from masquerade.attacks import attack_named
from masquerade.attacks.base import Attack, Labelled, Labels, Reconstruction, View
from masquerade.attacks.features.adaptive_decoding import AdaptiveDecoding
from masquerade.attacks.features.adaptive_search import AdaptiveSearch
from masquerade.attacks.features.averaged_repeats import AveragedRepeats, matched_rows
from masquerade.attacks.features.decoder import FeatureDecoding
from masquerade.attacks.features.denoiser import FeatureDenoising
from masquerade.attacks.features.hybrid_inversion import HybridInversion
from masquerade.attacks.features.identity import FeatureIdentity
from masquerade.attacks.features.latent_search import LatentSearch
from masquerade.attacks.features.lda import FeatureLDA
from masquerade.attacks.features.recogniser import FeatureRecogniser
from masquerade.attacks.naming import by_best, by_means
from masquerade.attacks.within_people import principal_axes, whitening_map, within_covariance
from masquerade.crafting import FaceGenerator, FaceGeneratorCard, face_generator_bytes
from masquerade.errors import MissingSight, StudyError, UsageError
from masquerade.metrics import ssim
from masquerade.metrics.base import Truth
from masquerade.networks.features.style_generator import StyleGenerator, StyleGeneratorOptions

DECODING = FeatureDecoding(epochs=15, width=8)


def quality(attack: Attack, seen: View) -> float:
    guess = attack(seen, np.random.default_rng(0))
    assert isinstance(guess, Reconstruction)
    mine = victims()
    return ssim(guess, Truth(mine.images.float(), mine.labels)).value


def test_a_decoder_recovers_unprotected_features_and_the_hybrid_more() -> None:
    seen = view(features(victims().images))
    decoded = quality(DECODING, seen)
    assert decoded > 0.3
    hybrid = HybridInversion(epochs=15, width=8, steps=10, learning_rate=0.01)
    guesses = [attack(seen, np.random.default_rng(0)) for attack in (DECODING, hybrid)]
    nearer = [float((features(g.images) - seen.released).square().mean()) for g in guesses]  # type: ignore[union-attr]
    assert nearer[1] < 0.7 * nearer[0]


def test_adapting_sees_through_what_a_plain_decoder_does_not() -> None:
    seen = view(mixed(victims().images))
    plain = quality(DECODING, seen)
    adapted = AdaptiveDecoding(queries=200, epochs=15, first=15, width=8)
    assert quality(adapted, seen) > plain + 0.2
    assert quality(AdaptiveDecoding(epochs=0, first=15, width=8), seen) == pytest.approx(plain)
    denoised = FeatureDenoising(DECODING, queries=200, steps=150, width=16)
    assert quality(denoised, seen) > plain + 0.2


def test_matching_undoes_a_shuffle() -> None:
    rows = torch.randn(20, 3, 2, 2)
    order = torch.randperm(20)
    assert torch.equal(matched_rows(rows, rows[order]), rows)


def test_the_search_of_latents_finds_a_generators_own_faces(tmp_path: Path) -> None:
    data, photos = own_faces()
    file = tmp_path / "tiny.safetensors"
    file.write_bytes(data)
    search = LatentSearch(str(file), restarts=4, steps=60, learning_rate=0.1)
    guess = search(view(split().encode(photos[:6])), np.random.default_rng(0))
    assert isinstance(guess, Reconstruction)
    own = (guess.images / 255 - photos[:6]).square().mean()
    other = (guess.images.roll(1, 0) / 255 - photos[:6]).square().mean()
    assert float(own) < 0.1 * float(other)


def test_styles_reach_faces_that_latents_do_not(tmp_path: Path) -> None:
    options = StyleGeneratorOptions(latents=8, side=SIDE, width=4, mapping=2)
    with torch.random.fork_rng():
        torch.manual_seed(5)
        generator = StyleGenerator(options).eval().requires_grad_(False)
    card = FaceGeneratorCard(name="style", generator=options)
    file = tmp_path / "style.safetensors"
    file.write_bytes(face_generator_bytes(FaceGenerator(generator), card))
    draws = torch.randn(4, len(generator.blocks), 8, generator=torch.Generator().manual_seed(6))
    styles = [generator.styles(draw) for draw in draws.unbind(1)]  # another face's in each block
    seen = view(split().encode(generator.image(styles)))
    errors = []
    for space in ("latents", "styles"):
        search = LatentSearch(str(file), space, restarts=1, steps=100, learning_rate=0.05)
        guess = search(seen, np.random.default_rng(0))
        assert isinstance(guess, Reconstruction)
        errors.append(float((features(guess.images) - seen.released).square().mean()))
    assert errors[1] < 0.7 * errors[0]


def test_a_generator_without_styles_is_named(tmp_path: Path) -> None:
    file = tmp_path / "tiny.safetensors"
    file.write_bytes(own_faces()[0])
    with pytest.raises(UsageError, match="has no styles"):
        LatentSearch(str(file), "styles")(view(features(victims().images)), np.random.default_rng(0))


def test_a_refitted_generator_shows_what_crafted_features_stand_for(tmp_path: Path) -> None:
    data, photos = own_faces()
    file = tmp_path / "tiny.safetensors"
    file.write_bytes(data)

    def mirrored(images: Tensor) -> Tensor:
        return split().encode(images.float().flip(3) / 255)

    known = Labelled(photos[6:].mul(255).round(), torch.arange(24))
    seen = view(mirrored(photos[:6] * 255), public=known, query=mirrored)
    errors = []
    for epochs in (0, 60):
        attack = AdaptiveSearch(str(file), queries=24, epochs=epochs, restarts=2, steps=40, learning_rate=0.1)
        guess = attack(seen, np.random.default_rng(0))
        assert isinstance(guess, Reconstruction)
        errors.append(float((guess.images / 255 - photos[:6]).square().mean()))
    assert errors[1] < 0.75 * errors[0]


def test_features_tell_people_apart() -> None:
    known = faces().take(torch.arange(201, 400, 2))
    seen = view(features(victims().images), gallery=Labelled(known.images.float(), known.labels))
    guess = FeatureIdentity(size=60)(seen, np.random.default_rng(0))
    assert isinstance(guess, Labels)
    assert float((guess.labels == victims().labels).float().mean()) > 0.5


def test_people_are_told_apart_once_answers_say_what_a_protection_changes() -> None:
    known = faces().take(torch.arange(201, 400, 2))
    seen = view(mixed(victims().images), gallery=Labelled(known.images.float(), known.labels))
    right = []
    for queries in (0, 200):
        guess = FeatureIdentity(size=60, queries=queries)(seen, np.random.default_rng(0))
        assert isinstance(guess, Labels)
        right.append(float((guess.labels == victims().labels).float().mean()))
    assert right[1] > right[0] + 0.3
    assert right[1] > 0.4


def test_asking_needs_the_sight_of_answers() -> None:
    known = faces().take(torch.arange(201, 400, 2))
    seen = view(mixed(victims().images), gallery=Labelled(known.images.float(), known.labels), query=None)
    with pytest.raises(MissingSight, match="query"):
        FeatureIdentity(queries=20)(seen, np.random.default_rng(0))


def test_studies_name_the_attack_after_averaging() -> None:
    attack = attack_named("averaged_repeats", {"then": "latent_search", "match": True})
    assert isinstance(attack, AveragedRepeats)
    assert isinstance(attack.then, LatentSearch)
    attack = attack_named("averaged_repeats", {"then": {"name": "latent_search", "restarts": 1}})
    assert isinstance(attack, AveragedRepeats)
    assert attack.then == LatentSearch(restarts=1)
    with pytest.raises(StudyError, match="no such attack"):
        attack_named("averaged_repeats", {"then": {"restarts": 1}})


KNOWN = faces().take(torch.arange(201, 400, 2))
GALLERY = Labelled(KNOWN.images.float(), KNOWN.labels)
NAMING = [
    FeatureIdentity(size=60),
    FeatureLDA(),
    FeatureRecogniser(recogniser="resnet-public"),
]


def named(attack: Attack, seen: View) -> float:
    guess = attack(seen, np.random.default_rng(0))
    assert isinstance(guess, Labels)
    return float((guess.labels == victims().labels).float().mean())


@cache
def strongest_axes() -> Tensor:
    """The 15 directions in which features of public faces differ most."""
    public = features(faces().images[:200]).flatten(1)
    return torch.linalg.svd(public - public.mean(0), full_matrices=False)[2][:15]


def drowned(images: Tensor) -> Tensor:
    """Features under strong noise along few directions, the same for the same photos."""
    drawn = torch.Generator().manual_seed(int(images.float().sum()) % 1000)
    plain = features(images)
    return plain + (60 * torch.randn(len(plain), 15, generator=drawn) @ strongest_axes()).view_as(plain)


@pytest.mark.parametrize("attack", NAMING, ids=lambda attack: attack.name)
def test_unprotected_features_name_people_and_shuffled_names_do_not(attack: Attack) -> None:
    plain = features(victims().images)
    assert named(attack, view(plain, gallery=GALLERY)) > 0.6
    order = torch.randperm(len(GALLERY.labels), generator=torch.Generator().manual_seed(0))
    wrong = Labelled(GALLERY.images, GALLERY.labels[order])
    assert named(attack, view(plain, gallery=wrong)) < 0.2  # chance .05, of 40 photos


def test_who_knows_the_noise_sees_past_it() -> None:
    seen = view(drowned(victims().images), gallery=GALLERY, query=drowned)
    assert named(FeatureIdentity(size=60), seen) < 0.2
    for attack in (FeatureLDA(), FeatureRecogniser(recogniser="resnet-public")):
        assert named(attack, seen) < 0.2
        assert named(replace(attack, queries=200), seen) > 0.5  # type: ignore[type-var]
        with pytest.raises(MissingSight, match="query"):
            named(replace(attack, queries=200), replace(seen, query=None))  # type: ignore[type-var]


def test_a_person_is_named_by_best_cosines_or_by_the_mean() -> None:
    known = torch.tensor([[1.0, 0.0], [-1.0, 0.1], [0.9, 0.5], [0.8, 0.7]])
    labels = torch.tensor([3, 3, 7, 7])
    seen = torch.tensor([[1.0, 0.1]])
    assert by_best(seen, known, labels, 1).tolist() == [3]
    assert by_best(seen, known, labels, 3).tolist() == [7]
    assert by_means(seen, known, labels).tolist() == [7]


def test_axes_are_those_of_an_exact_decomposition_whichever_side_is_longer() -> None:
    drawn = torch.Generator().manual_seed(0)
    for shape in ((30, 12), (12, 30)):
        features_ = torch.randn(shape, generator=drawn) @ torch.diag(torch.linspace(3, 0.1, shape[1]))
        mean, axes = principal_axes(features_, 5)
        right = torch.linalg.svd(features_ - mean, full_matrices=False)[2][:5].T
        assert torch.allclose((axes * right).sum(0).abs(), torch.ones(5), atol=1e-3)


def test_an_even_space_has_unit_spread_within_people() -> None:
    drawn = torch.Generator().manual_seed(0)
    labels = torch.arange(200) // 4
    placed = torch.randn(50, 6, generator=drawn)[labels] + torch.randn(200, 6, generator=drawn) * 3
    even = whitening_map(within_covariance(placed, labels))
    assert torch.allclose(within_covariance(placed @ even, labels), torch.eye(6), atol=1e-4)
