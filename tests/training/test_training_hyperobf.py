"""HyperObf's trainings: the loop, the baselines, the files, the folder."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from PIL import Image
from torch import Tensor

from hyperobf_examples import FIT, SEPARATE, SETTINGS, STILL, images, longer, people, random
from masquerade.data.image_set import ImageSet
from masquerade.errors import DeadFeatures, ModelError, TrainingDiverged, UsageError
from masquerade.masknets.dropout import DropoutSource
from masquerade.masknets.ensemble import EnsembleSource
from masquerade.masknets.ensemble_file import read_ensemble
from masquerade.masknets.hypernet_file import read_hypernet
from masquerade.masknets.source_file import read_source_card
from masquerade.masknets.static import StaticSource
from masquerade.training.hyperobf.files import training_facts, write_masknets
from masquerade.training.hyperobf.folder import copies, copy_path, save, train_folder
from masquerade.training.hyperobf.hypernet import train_hypernet
from masquerade.training.hyperobf.learners import SeparateLearner
from masquerade.training.hyperobf.loop import Watching
from masquerade.training.hyperobf.people import provider_people
from masquerade.training.hyperobf.separate import member_checkpoint, train_ensemble, train_masknet
from masquerade.training.hyperobf.settings import (
    PUBLISHED,
    EarlyStopping,
    HyperObfSettings,
)


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


def test_a_training_ends_early_and_gives_back_the_best_moment() -> None:
    settings = longer(60, stopping=EarlyStopping(every=1, nets=3, patience=3, kept=0.9))
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
    settings = longer(5, stopping=EarlyStopping(every=1, nets=2, patience=50))
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
    with pytest.raises(TrainingDiverged, match="diverged"):
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
