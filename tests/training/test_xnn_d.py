"""XNN-d: noise that misleads a recogniser, a student that learns through it, and their parts."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from encoder_examples import tiny_encoder
from feature_examples import SHAPE, TINY, people, told_apart
from masquerade.encoders.constant_noise import constant_share
from masquerade.encoders.generator import FeatureGenerator
from masquerade.encoders.noise_encoder import NoiseEncoder, NoiseOptions, token_norm
from masquerade.errors import NotMeasurable, UsageError
from masquerade.metrics import noise_constant_share
from masquerade.training import embeddings
from masquerade.training.xnn_d import (
    PAPER,
    Faces,
    Pair,
    XNNDSettings,
    obfuscated,
    scores_of,
    train_noise,
    train_pair,
)
from masquerade.training.xnn_d.distillation import Lesson, distil

SETTINGS = XNNDSettings.read(
    {
        "recogniser": {
            **XNNDSettings().recogniser.model_dump(),
            "options": TINY,
            "epochs": 20,
            "learning_rate": 3e-3,
            "batch_size": 48,
        },
        "noise": {"amount": 2.0, "width": 32, "heads": 2},
        "adversarial_steps": 60,
    }
)
FACES = Faces(*people(20, 6, seed=3, spread=0.4))
UNSEEN = Faces(*people(10, 5, seed=4, spread=0.4))


@pytest.fixture(scope="module")
def pair() -> Pair:
    return train_pair(FACES, SETTINGS, np.random.default_rng(0))


def noise_encoder(amount: float = 1.0, *, pixels: bool = False, seed: int = 0) -> NoiseEncoder:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        options = NoiseOptions(amount=amount, width=16, heads=2, pixels=pixels)
        return NoiseEncoder(SHAPE, options, (3, 32, 32)).eval()


def test_noise_misleads_who_knows_clean_features(pair: Pair) -> None:
    found = scores_of(pair.teacher, obfuscated(pair.noise, FACES)).argmax(1)
    clear = scores_of(pair.teacher, token_norm(FACES.features)).argmax(1)
    right = [float((guess == FACES.labels).float().mean()) for guess in (found, clear)]
    assert right[1] > 0.95
    assert right[0] < right[1] - 0.3


def test_the_student_recognises_unseen_people_through_the_noise(pair: Pair) -> None:
    maps = obfuscated(pair.noise, UNSEEN)
    assert told_apart(embeddings(pair.student, maps), UNSEEN.labels) > 0.4  # chance 0.08


def test_noise_is_bounded_on_every_face(pair: Pair) -> None:
    added = obfuscated(pair.noise, UNSEEN) - token_norm(UNSEEN.features)
    size = added.square().mean((1, 2, 3)).sqrt()
    assert bool((size <= SETTINGS.noise.amount + 1e-4).all())
    assert bool((size > 0.1).all())


def test_noise_is_not_the_same_for_every_face(pair: Pair) -> None:
    added = obfuscated(pair.noise, UNSEEN) - token_norm(UNSEEN.features)
    assert constant_share(added, UNSEEN.labels) < 0.25


def test_in_training_the_mean_of_the_batch_is_taken_off() -> None:
    noise = noise_encoder(3.0).train()
    with torch.no_grad():
        noise.out[1].bias.fill_(50)
        batch = noise.noise(token_norm(UNSEEN.features))
        raw = noise.uncentred(token_norm(UNSEEN.features))
    assert float(batch.mean(0).abs().max()) < 1e-3
    assert constant_share(raw, UNSEEN.labels) > 0.99


def test_at_use_the_mean_is_that_of_the_faces_of_the_training(pair: Pair) -> None:
    seen = token_norm(FACES.features)
    assert torch.allclose(pair.noise.centre, pair.noise.uncentred(seen).mean(0), atol=1e-4)
    assert float(pair.noise.centre.abs().max()) > 0.01
    alone = [
        obfuscated(pair.noise, Faces(FACES.features[k : k + 1], FACES.labels[k : k + 1])) for k in (0, 7)
    ]
    assert torch.allclose(torch.cat(alone), obfuscated(pair.noise, FACES)[[0, 7]], atol=1e-4)


def test_another_centre_is_another_generator() -> None:
    one, other = noise_encoder(), noise_encoder()
    other.centre.fill_(0.5)
    assert one.digest != other.digest


def test_the_constant_share_tells_a_constant_from_noise() -> None:
    drawn = torch.Generator().manual_seed(0)
    own, same = torch.randn((50, 300), generator=drawn), torch.randn((1, 300), generator=drawn)
    people = torch.arange(50) // 5
    assert constant_share(same.expand(50, -1), people) == pytest.approx(1)
    assert abs(constant_share(own, people)) < 0.02
    assert constant_share(own + same, people) == pytest.approx(0.5, abs=0.05)
    with pytest.raises(UsageError, match="two people"):
        constant_share(own, torch.zeros(50))
    with pytest.raises(UsageError, match="two people"):
        constant_share(torch.zeros(50, 3), people)


def test_a_persons_own_noise_is_no_constant() -> None:
    own = torch.randn((10, 300), generator=torch.Generator().manual_seed(0)).repeat_interleave(5, 0)
    assert abs(constant_share(own, torch.arange(50) // 5)) < 0.05


def test_the_interval_of_the_constant_share_holds_the_truth() -> None:
    inside = 0
    for seed in range(40):
        drawn = torch.Generator().manual_seed(seed)
        theirs = torch.randn((12, 1, 60), generator=drawn) + 0.5 * torch.randn((12, 4, 60), generator=drawn)
        score = noise_constant_share((1 + theirs).flatten(0, 1), torch.arange(48) // 4)
        inside += score.low <= 1 / 2.25 <= score.high
    assert inside >= 36
    with pytest.raises(NotMeasurable, match="three people"):
        noise_constant_share(torch.ones(4, 3), torch.tensor([0, 0, 1, 1]))


def test_an_encoder_however_large_its_weights_stays_within_the_bound() -> None:
    noise = noise_encoder(3.0)
    with torch.no_grad():
        noise.out[1].weight.mul_(100)
        size = noise.noise(token_norm(UNSEEN.features)).square().mean((1, 2, 3)).sqrt()
    assert torch.allclose(size, torch.ones(len(size)), atol=1e-4)


def test_without_noise_it_is_the_papers_baseline() -> None:
    noise = train_noise(FACES, replaced(amount=0.0), np.random.default_rng(0))
    assert torch.equal(noise(FACES.features), token_norm(FACES.features))


def test_token_norm_brings_each_token_to_mean_0_and_variance_1() -> None:
    maps = token_norm(5 + 3 * FACES.features)
    assert torch.allclose(maps.mean(1), torch.zeros(()), atol=1e-5)
    assert torch.allclose(maps.var(1, correction=0), torch.ones(()), atol=1e-3)


def test_the_same_seed_gives_the_same_noise() -> None:
    short = XNNDSettings.read({**SETTINGS.model_dump(), "adversarial_steps": 4})
    one, two, other = (train_noise(FACES, short, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert one.digest == two.digest != other.digest


def test_training_leaves_torchs_generator_alone() -> None:
    before = torch.get_rng_state()
    train_noise(
        FACES, XNNDSettings.read({**SETTINGS.model_dump(), "adversarial_steps": 2}), np.random.default_rng(1)
    )
    assert torch.equal(torch.get_rng_state(), before)


def test_noise_from_photos_needs_photos() -> None:
    noise = noise_encoder(pixels=True)
    photos = torch.zeros((3, 3, 32, 32), dtype=torch.uint8)
    assert noise(FACES.features[:3], photos).shape == (3, *SHAPE)
    with pytest.raises(UsageError, match="looks at photos"):
        noise(FACES.features[:3])


def test_photos_that_do_not_divide_into_tokens_are_refused() -> None:
    with pytest.raises(UsageError, match="divides into its tokens"):
        NoiseEncoder(SHAPE, NoiseOptions(pixels=True), (3, 30, 30))


def test_distillation_learns_from_scores_alone() -> None:
    lesson = Lesson(FACES.features, 20.0 * torch.eye(20)[FACES.labels], torch.zeros_like(FACES.labels))
    student = distil(lesson, SETTINGS.recogniser, np.random.default_rng(0), label_weight=0.0)
    assert float((student(FACES.features).argmax(1) == FACES.labels).float().mean()) > 0.9


def test_distillation_learns_from_labels_alone() -> None:
    lesson = Lesson(FACES.features, torch.zeros(len(FACES.labels), 20), FACES.labels)
    student = distil(lesson, SETTINGS.recogniser, np.random.default_rng(0), label_weight=1.0)
    assert float((student(FACES.features).argmax(1) == FACES.labels).float().mean()) > 0.9


@pytest.mark.parametrize("scores", [torch.zeros(3, 20), torch.full((120, 20), float("nan"))])
def test_a_lesson_that_does_not_fit_is_refused(scores: Tensor) -> None:
    with pytest.raises(UsageError, match="do not belong together"):
        Lesson(FACES.features, scores, FACES.labels)


def test_a_photo_has_the_same_features_in_every_batch() -> None:
    encoder = tiny_encoder()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        noise = NoiseEncoder(encoder.shape, NoiseOptions(width=16, heads=2))
    generator = FeatureGenerator(encoder, noise)
    drawn = torch.Generator().manual_seed(0)
    photos = torch.randint(0, 256, (20, *encoder.image_shape), generator=drawn, dtype=torch.uint8)
    assert torch.equal(generator(photos)[17:18], generator(photos[17:18]))
    assert not torch.allclose(generator(photos), token_norm(encoder(photos)))


def test_noise_of_another_encoder_is_refused() -> None:
    with pytest.raises(UsageError, match="other feature maps"):
        FeatureGenerator(tiny_encoder(), noise_encoder())


def test_settings_name_what_is_wrong() -> None:
    with pytest.raises(UsageError, match="amount"):
        XNNDSettings.read({"noise": {"amount": -1}})
    with torch.device("meta"):
        paper = NoiseEncoder((768, 7, 7), PAPER.noise, (3, 112, 112))
        made = paper(torch.empty(2, 768, 7, 7), torch.empty(2, 3, 112, 112))
    assert made.shape == (2, 768, 7, 7)
    assert PAPER.recogniser.learning_rate == 0.05


def replaced(**noise: float) -> XNNDSettings:
    return XNNDSettings.read({**SETTINGS.model_dump(), "noise": {**SETTINGS.noise.model_dump(), **noise}})


def test_progress_is_told() -> None:
    told: list[tuple[int, int]] = []
    settings = XNNDSettings.read({**SETTINGS.model_dump(), "adversarial_steps": 25})
    train_noise(
        replace(FACES), settings, np.random.default_rng(0), lambda done, total, _: told.append((done, total))
    )
    assert told == [(25, 25)]
