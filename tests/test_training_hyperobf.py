"""HyperObf's trainings: the loss, the measures, the loop, the files, the command."""

from dataclasses import replace
from math import log
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Generator, Tensor

from masquerade.data.image_set import ImageSet
from masquerade.errors import DeadFeatures, ModelError, UsageError
from masquerade.masknets.dropout import DropoutSource
from masquerade.masknets.ensemble import EnsembleSource
from masquerade.masknets.ensemble_file import read_ensemble
from masquerade.masknets.hypernet_file import read_hypernet
from masquerade.masknets.source_file import read_source_card
from masquerade.masknets.static import StaticSource
from masquerade.networks.hypernet import HyperNetOptions
from masquerade.networks.masknet import MaskNet, stacked_features, structure
from masquerade.training.hyperobf.curve import Point, best, ended, from_tensor, to_tensor
from masquerade.training.hyperobf.dead_features import live_share, require_learned, require_live
from masquerade.training.hyperobf.diversity import (
    all_features,
    feature_distance,
    symmetric_divergence,
)
from masquerade.training.hyperobf.files import training_facts, write_masknets
from masquerade.training.hyperobf.folder import copies, copy_path, save, train_folder
from masquerade.training.hyperobf.hypernet import train_hypernet
from masquerade.training.hyperobf.learners import SeparateLearner
from masquerade.training.hyperobf.loop import Watching
from masquerade.training.hyperobf.loss import (
    cross_entropy,
    diversity_loss,
    fresh_scales,
    weight_variance,
)
from masquerade.training.hyperobf.measuring import People
from masquerade.training.hyperobf.people import provider_people
from masquerade.training.hyperobf.photo_changes import PhotoChanges
from masquerade.training.hyperobf.separate import member_checkpoint, train_ensemble, train_masknet
from masquerade.training.hyperobf.settings import (
    PUBLISHED,
    Fit,
    HyperObfSettings,
    SeparateSettings,
    Stopping,
)
from masquerade.training.hyperobf.stacked import features_of
from masquerade.training.hyperobf.transfer import BOUND, _change, transfer
from masquerade.training.moco_augmentation import View

SIZE = 16
STILL = PhotoChanges(view=View(smallest_crop=1, aspect=1, flip=0, jitter=0, grey=0, blur=0), turn=0)
FIT = Fit(epochs=4, batch_size=8, learning_rate=3e-3, changes=STILL, precision="float32")
SETTINGS = HyperObfSettings(
    hypernet=HyperNetOptions(size=SIZE, mixer=16, code=8, hidden=8, rank=2, gain_rank=1),
    nets=2,
    generator_rate=3e-3,
    fit=FIT,
    stopping=Stopping(every=2, nets=3, patience=0),
)
SEPARATE = SeparateSettings(size=SIZE, fit=FIT, every=2)


def random(seed: int = 0) -> Generator:
    return Generator().manual_seed(seed)


def images(n: int, seed: int = 5) -> Tensor:
    coarse = torch.rand(n, 3, 4, 4, generator=random(seed)) * 255
    return torch.nn.functional.interpolate(coarse, (SIZE, SIZE), mode="bilinear").byte()


def people(count: int = 4, photos: int = 6) -> People:
    """People whose photos are one picture with noise of its own on each."""
    faces = images(count).float().repeat_interleave(photos, 0)
    noisy = (faces + 20 * torch.randn(faces.shape, generator=random(1))).clamp(0, 255).byte()
    labels = torch.arange(count).repeat_interleave(photos)
    return provider_people(ImageSet(noisy, labels, tuple("abcdefgh"[:count])), 0.3, 0)


def longer(epochs: int, **changes: object) -> HyperObfSettings:
    fit = FIT.model_copy(update={"epochs": epochs})
    return SETTINGS.model_copy(update={"fit": fit, **changes})


def masknets(count: int, seed: int = 0) -> list[MaskNet]:
    sizes = structure("masknet-2", SIZE)
    scales, chance = fresh_scales(sizes), random(seed)
    return [
        MaskNet(sizes, {n: scales[n] * torch.randn(s, generator=chance) for n, s in sizes.shapes().items()})
        for _ in range(count)
    ]


def test_the_loss_is_that_of_the_published_code() -> None:
    scores, labels = torch.randn(3, 5, 7, generator=random()), torch.tensor([0, 6, 2, 2, 1])
    weights = {
        "conv1": torch.randn(3, 4, 2, generator=random(1)),
        "fc": torch.randn(3, 6, generator=random(2)),
    }
    shares = np.exp(scores.double().numpy())
    shares /= shares.sum(2, keepdims=True)
    per_net = [-np.log(shares[b, np.arange(5), labels.numpy()]).mean() for b in range(3)]
    variance = sum(tensor.double().numpy().var(0, ddof=1).mean() for tensor in weights.values())
    assert float(cross_entropy(scores, labels)) == pytest.approx(np.mean(per_net), rel=1e-5)
    assert float(weight_variance(weights)) == pytest.approx(variance, rel=1e-5)
    assert float(diversity_loss(weight_variance(weights), 10, 0.1)) == pytest.approx(
        10 * np.exp(-variance) - 0.1, rel=1e-4
    )


def test_scaled_weights_count_alike_whatever_their_layer() -> None:
    sizes = structure("masknet-1", SIZE)
    scales = fresh_scales(sizes)
    drawn = {
        n: scales[n] * torch.randn(50, *shape, generator=random()) for n, shape in sizes.shapes().items()
    }
    assert float(weight_variance(drawn, scales)) == pytest.approx(3, rel=0.02)
    assert float(weight_variance(drawn)) < 0.2


def test_the_hinge_switches_the_diversity_off() -> None:
    settings = HyperObfSettings(weight=10, threshold=0.001)
    assert settings.enough_variance == pytest.approx(log(10 / 0.001))
    for beyond, pulled in ((-0.01, True), (0.01, False)):
        variance = torch.tensor(settings.enough_variance + beyond, requires_grad=True)
        loss = diversity_loss(variance, 10, 0.001)
        loss.backward()  # type: ignore[no-untyped-call]
        assert (float(loss.detach()) > 0) is pulled
        assert (float(variance.grad) < 0) is pulled  # type: ignore[arg-type]
    assert HyperObfSettings(weight=0).enough_variance == 0
    assert HyperObfSettings(threshold=0).enough_variance == float("inf")


def test_stacked_features_are_those_of_the_networks() -> None:
    nets, photos = masknets(3), images(4).float()
    weights = {name: torch.stack([net.weights[name] for net in nets]) for name in nets[0].weights}
    together = features_of(weights, photos)
    torch.testing.assert_close(together, all_features(nets, photos), rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(
        together, stacked_features(nets[0].structure, weights, photos), rtol=1e-4, atol=1e-4
    )


def test_nets_that_answer_alike_have_no_divergence() -> None:
    scores = torch.randn(1, 5, 7, generator=random()).repeat(3, 1, 1)
    assert symmetric_divergence(scores).tolist() == [0, 0, 0]
    assert symmetric_divergence(scores + torch.arange(3.0)[:, None, None]).max() < 1e-6, (
        "softmax drops shifts"
    )
    features = torch.rand(1, 5, 7, generator=random())
    assert feature_distance(torch.cat([features, 3 * features])).max() < 1e-6


def test_the_divergence_is_kl_both_ways_over_all_pairs() -> None:
    scores = torch.randn(3, 5, 7, generator=random())
    p = np.exp(scores.double().numpy())
    p /= p.sum(2, keepdims=True)
    expected = [
        float(((p[i] * np.log(p[i] / p[j])).sum(1) + (p[j] * np.log(p[j] / p[i])).sum(1)).mean())
        for i, j in ((0, 1), (0, 2), (1, 2))
    ]
    assert symmetric_divergence(scores).tolist() == pytest.approx(expected, rel=1e-6)


def test_features_far_apart_are_far() -> None:
    one, other = torch.eye(4)[None], torch.eye(4).roll(1, 0)[None]
    assert feature_distance(torch.cat([one, other, -one])).tolist() == pytest.approx([2**0.5, 2, 2**0.5])


def test_a_cloak_is_felt_by_its_own_net_most_and_by_a_copy_as_much() -> None:
    nets, photos = masknets(2), images(4)
    other = transfer(nets, photos, steps=3)
    same = transfer([nets[0], nets[0]], photos, steps=3)
    assert same.kept == pytest.approx(1, abs=1e-4)
    assert same.likeness == pytest.approx(1, abs=1e-4)
    assert 0 < other.kept < 0.9
    assert other.likeness < 0.5


def test_cloaks_keep_to_their_bound_and_to_photos() -> None:
    photos = images(4).float()
    (features,) = torch.nn.functional.normalize(all_features(masknets(1), photos), dim=2)
    change = _change(masknets(1)[0], photos, features, 4)
    assert change.abs().max() <= BOUND
    assert change.abs().mean() > 5
    assert (photos + change).min() >= 0
    assert (photos + change).max() <= 255


def test_dead_features_are_noticed() -> None:
    live = torch.randn(2, 6, 40, generator=random())
    require_live(live)
    dead = live.clone()
    dead[1] = dead[1, :1]
    assert live_share(dead).tolist() == [1, 0]
    for features in (dead, live * torch.tensor([[[1.0]], [[0.0]]])):
        with pytest.raises(DeadFeatures, match="same features for every photo"):
            require_live(features)
    with pytest.raises(DeadFeatures, match="learned nothing"):
        require_learned(log(50), 50)
    require_learned(0.5 * log(50), 50)


def test_a_training_that_ends_in_dead_features_says_so() -> None:
    wild = longer(4, fit=FIT.model_copy(update={"learning_rate": 1.0, "epochs": 4}), weight=0.0)
    with pytest.raises(DeadFeatures):
        train_hypernet(people(), wild.model_copy(update={"generator_rate": 1.0}), 0)


def test_training_lowers_the_cross_entropy_and_raises_the_variance() -> None:
    trained = train_hypernet(people(), longer(24), 0)
    first, last = trained.curve[0], trained.curve[-1]
    assert last.cross_entropy < 0.7 * first.cross_entropy
    assert last.variance > 1.2 * first.variance
    assert last.accuracy > 0.6, "chance is 0.25"
    assert last.divergence > 0
    assert trained.result == last
    without = train_hypernet(people(), longer(24, weight=0.0), 0).curve[-1]
    assert without.variance < 0.8 * last.variance


def test_the_curve_chooses_the_most_accurate_moment_that_is_diverse_enough() -> None:
    def point(epoch: int, accuracy: float, divergence: float) -> Point:
        return Point(epoch, 1.0, accuracy, accuracy, divergence, 0.5, 2.0)

    curve = [
        point(1, 0.1, 1.0),
        point(2, 0.3, 2.0),
        point(3, 0.4, 1.9),
        point(4, 0.6, 1.0),
        point(5, 0.6, 0.9),
    ]
    assert best(curve, Stopping(patience=2)) == 2
    assert best(curve, Stopping(patience=2, kept=0.4)) == 4
    assert best(curve, Stopping(patience=0)) == 4
    assert ended(curve, Stopping(patience=2))
    assert not ended(curve, Stopping(patience=3))
    assert not ended(curve, Stopping(patience=0))
    assert from_tensor(to_tensor(curve, 9)) == curve


def test_a_training_ends_early_and_gives_back_the_best_moment() -> None:
    settings = longer(60, stopping=Stopping(every=1, nets=3, patience=3, kept=0.9))
    kept: dict[int, Tensor] = {}
    watching = Watching(
        keep_every=1,
        kept=lambda epoch, learner: kept.update({epoch: learner.classifier.weight.detach().clone()}),
    )
    trained = train_hypernet(people(), settings, 0, watching)
    assert len(trained.curve) < 60
    assert len(trained.curve) == trained.result.epoch + 3
    assert torch.equal(trained.classifier.weight, kept[trained.result.epoch])


def test_a_stopped_training_goes_on_to_the_same_bits(tmp_path: Path) -> None:
    class Stopped(Exception):
        pass

    def stop(done: int, total: int, words: str) -> None:
        del total, words
        if done == 4:
            raise Stopped

    kept = tmp_path / "checkpoint"
    settings = longer(5, stopping=Stopping(every=1, nets=2, patience=50))
    with pytest.raises(Stopped):
        train_hypernet(people(), settings, 1, Watching(told=stop, checkpoint=kept, checkpoint_seconds=0))
    steps: list[int] = []
    watching = Watching(told=lambda done, *_: steps.append(done), checkpoint=kept)
    resumed, whole = train_hypernet(people(), settings, 1, watching), train_hypernet(people(), settings, 1)
    assert steps[0] > 1
    assert resumed.curve == whole.curve
    weights = whole.hypernet.state_dict()
    assert all(torch.equal(tensor, weights[name]) for name, tensor in resumed.hypernet.state_dict().items())
    with pytest.raises(UsageError, match="another training: differs in seed"):
        train_hypernet(people(), settings, 2, watching)
    kept.write_bytes(kept.read_bytes()[:-100])
    with pytest.raises(ModelError):
        train_hypernet(people(), settings, 1, watching)


def test_the_same_seed_gives_the_same_weights_and_leaves_chance_alone() -> None:
    before = torch.random.get_rng_state()
    one, again, other = (train_masknet(people(), SEPARATE, seed).masknet.fc for seed in (1, 1, 2))
    assert torch.equal(one, again)
    assert not torch.equal(one, other)
    assert torch.equal(torch.random.get_rng_state(), before)


def test_an_ensemble_has_nets_that_differ_and_is_resumed_by_nets(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    watching = Watching(told=lambda done, total, _: told.append((done, total)), checkpoint=tmp_path / "kept")
    nets = train_ensemble(people(), SEPARATE, 0, 3, watching)
    assert all(not torch.equal(nets[0].masknet.fc, net.masknet.fc) for net in nets[1:])
    assert told[-1][0] == told[-1][1]
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert member_checkpoint(tmp_path / "kept", 2).exists()
    told.clear()
    again = train_ensemble(people(), SEPARATE, 0, 3, watching)
    assert not told, "all are done"
    assert torch.equal(again[1].masknet.fc, nets[1].masknet.fc)


def test_dropout_leaves_half_out_and_keeps_the_mean() -> None:
    learner = SeparateLearner(SEPARATE.model_copy(update={"dropout": 0.5}), 4)
    features = torch.ones(1, 40, 256)
    dropped = learner.dropped(features, random())
    assert set(dropped.unique().tolist()) == {0, 2}
    assert float(dropped.mean()) == pytest.approx(1, abs=0.05)
    whole = SeparateLearner(SEPARATE, 4)
    assert torch.equal(whole.dropped(features, random()), features)


def test_files_say_how_they_were_made(tmp_path: Path) -> None:
    split, out = people(), tmp_path / "small.safetensors"
    trained = train_hypernet(split, SETTINGS, 3)
    save(out, trained, split, SETTINGS, 3)
    card = read_source_card(out)
    assert (card.name, card.classes, card.photos, card.stored) == ("small", 4, len(split.photos), "float16")
    assert card.training["seed"] == 3
    assert card.training["result"]["epoch"] == 4
    assert HyperObfSettings.read(card.training["settings"]) == SETTINGS
    source = read_hypernet(out)
    latent = torch.randn(256, generator=random())
    torch.testing.assert_close(
        source.draw(latent).fc, trained.hypernet.generate(latent).fc, rtol=0.02, atol=0.01
    )


def test_copies_on_the_way_do_not_disturb_the_training(tmp_path: Path) -> None:
    split, out = people(), tmp_path / "small.safetensors"
    watching = Watching(keep_every=2, kept=copies(out, split, SETTINGS, 3))
    disturbed, alone = train_hypernet(split, SETTINGS, 3, watching), train_hypernet(split, SETTINGS, 3)
    assert disturbed.curve == alone.curve
    assert copy_path(out, 2).name == "small@2.safetensors"
    assert read_source_card(copy_path(out, 2)).training["result"]["epoch"] == 2
    assert not torch.equal(
        read_hypernet(copy_path(out, 2)).hypernet.mixer[0].weight, alone.hypernet.mixer[0].weight
    )


def test_a_folder_becomes_a_hypernetwork_and_bad_photos_are_named(tmp_path: Path) -> None:
    for person, faces in zip("ab", images(6).split(3), strict=True):
        (tmp_path / "photos" / person).mkdir(parents=True)
        for number, face in enumerate(faces):
            Image.fromarray(face.movedim(0, 2).numpy()).save(tmp_path / "photos" / person / f"{number}.png")
    (tmp_path / "photos" / "b" / "broken.png").write_bytes(b"no picture")
    out = tmp_path / "out" / "own.safetensors"
    summary = train_folder(tmp_path / "photos", out, longer(12), seed=2, keep_every=6)
    assert (summary.people, summary.photos, summary.held_back) == (2, 4, 2)
    assert ["broken.png" in str(rejected) for rejected in summary.rejected] == [True]
    assert summary.digest == read_hypernet(out).digest
    assert sorted(path.name for path in out.parent.iterdir()) == [
        "own.safetensors",
        "own@12.safetensors",
        "own@6.safetensors",
    ], "no checkpoint is left"


@pytest.mark.parametrize("kind", ["static", "dropout", "ensemble"])
def test_nets_trained_apart_become_sources(kind: str, tmp_path: Path) -> None:
    split, out = people(), tmp_path / f"{kind}.safetensors"
    count = 2 if kind == "ensemble" else 1
    settings = SEPARATE.model_copy(update={"fit": FIT.model_copy(update={"epochs": 2})})
    nets = train_ensemble(split, settings, 0, count)
    facts = training_facts(settings.model_dump(mode="json"), 0, split.classes, nets[0].result)
    write_masknets(out, kind, nets, facts, len(split.photos), stored="float32")  # type: ignore[arg-type]
    source = read_ensemble(out)
    assert isinstance(
        source, {"static": StaticSource, "dropout": DropoutSource, "ensemble": EnsembleSource}[kind]
    )
    assert (source.classifier is None) is (kind == "ensemble"), "classifiers of an ensemble are not shared"
    if kind == "static":
        assert torch.equal(source.draw(torch.zeros(256)).fc, nets[0].masknet.fc)


def test_what_cannot_be_trained_is_named() -> None:
    split = people()
    with pytest.raises(UsageError, match="another size"):
        train_hypernet(replace(split, photos=split.photos[..., :8]), SETTINGS, 0)
    with pytest.raises(UsageError, match="too few photos"):
        train_masknet(replace(split, classes=1), SEPARATE, 0)
    with pytest.raises(UsageError, match="two people or more"):
        provider_people(ImageSet(images(4), torch.zeros(4, dtype=torch.int64), ("a",)), 0.3, 0)
    wild = SETTINGS.model_copy(update={"fit": FIT.model_copy(update={"learning_rate": 1e30})})
    with pytest.raises(UsageError, match="diverged"):
        train_hypernet(split, wild, 0)
    with pytest.raises(UsageError, match=r"cannot be used .*: fit\.epochs"):
        HyperObfSettings.read({"fit": {"epochs": 0}})


def test_people_are_those_with_the_most_photos() -> None:
    labels = torch.tensor([0, 0, 1, 1, 1, 2, 2, 2, 2])
    photos = ImageSet(images(9), labels, ("a", "b", "c"))
    split = provider_people(photos, 0.3, 0, most=2)
    assert split.classes == 2
    assert len(split.photos) + len(split.held_photos) == 7
    assert set(split.labels.tolist()) == set(split.held_labels.tolist()) == {0, 1}


def test_photo_changes_turn_and_keep_the_range() -> None:
    photos = images(6)
    torch.testing.assert_close(STILL.of(photos, random()), photos.float(), rtol=0, atol=0.01)
    turned = STILL.model_copy(update={"turn": 20.0}).of(photos, random())
    assert (turned - photos.float()).abs().flatten(1).amax(1).gt(5).all()
    assert turned.min() >= 0
    assert turned.max() <= 255


def test_the_published_settings_are_those_of_the_script() -> None:
    assert (PUBLISHED.fit.epochs, PUBLISHED.fit.batch_size, PUBLISHED.nets) == (850, 8, 8)
    assert (PUBLISHED.fit.learning_rate, PUBLISHED.generator_rate, PUBLISHED.scaled) == (1e-4, 1e-4, False)
    assert PUBLISHED.enough_variance == pytest.approx(9.2, abs=0.02)
