"""XNN-d's files: generator, features, recogniser; what is damaged, foreign or mixed up is refused by name."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from encoder_examples import tiny_encoder
from feature_examples import TINY, people
from masquerade.data import builtin
from masquerade.encoders.generator import FeatureGenerator
from masquerade.encoders.generator_file import generator_bytes, read_generator
from masquerade.encoders.noise_encoder import NoiseEncoder, NoiseOptions
from masquerade.errors import ModelError, UsageError
from masquerade.networks import build
from masquerade.released.feature_file import Features
from masquerade.training.model_file import ModelCard, read_card, save_model
from masquerade.training.xnn_d import XNNDSettings
from masquerade.training.xnn_d.folders import GENERATOR, RECIPE, RECOGNISER, distil_folder
from masquerade.training.xnn_d.server import FeatureServer

ENCODER = tiny_encoder()


def generator(seed: int = 0, *, pixels: bool = False) -> FeatureGenerator:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        options = NoiseOptions(width=16, heads=2, pixels=pixels)
        return FeatureGenerator(ENCODER, NoiseEncoder(ENCODER.shape, options, ENCODER.image_shape))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "generator.safetensors"
    path.write_bytes(generator_bytes(generator()))
    return path


def changed(path: Path, change: Callable[[dict[str, torch.Tensor]], None]) -> None:
    """Change the tensors of a file and leave its card."""
    with safe_open(path, framework="pt") as opened:
        metadata = {name: word for name, word in opened.metadata().items() if "sha256" not in name}
    tensors = load_file(path)
    change(tensors)
    save_file(tensors, path, metadata)


@pytest.mark.parametrize("pixels", [False, True])
def test_a_generator_comes_back_as_it_was(tmp_path: Path, pixels: bool) -> None:
    photos = torch.full((2, *ENCODER.image_shape), 90, dtype=torch.uint8)
    written = generator(pixels=pixels)
    (tmp_path / "g").write_bytes(generator_bytes(written))
    again = read_generator(tmp_path / "g", ENCODER)
    assert again.digest == written.digest != generator(1).digest
    assert torch.equal(again(photos), written(photos))


def test_another_encoder_is_refused(file: Path) -> None:
    with pytest.raises(ModelError, match="made for another encoder"):
        read_generator(file, tiny_encoder(seed=1))


def test_a_generator_of_constant_noise_is_refused_with_its_remedy(file: Path) -> None:
    with safe_open(file, framework="pt") as opened:
        metadata = {name: word for name, word in opened.metadata().items() if "sha256" not in name}
    tensors = load_file(file)
    del tensors["centre"]
    first = {name: word.replace('"version":2', '"version":1') for name, word in metadata.items()}
    assert first != metadata
    save_file(tensors, file, first)
    with pytest.raises(ModelError, match=r"same for every face.*masquerade distil"):
        read_generator(file, ENCODER)


@pytest.mark.parametrize(
    "change",
    [
        lambda tensors: tensors.pop("places"),
        lambda tensors: tensors.update(hidden=torch.zeros(3)),
        lambda tensors: tensors.update(places=torch.zeros(1, 2, 3)),
        lambda tensors: tensors.update(places=tensors["places"].double()),
        lambda tensors: tensors["places"].fill_(float("nan")),
        lambda tensors: tensors["centre"].fill_(float("inf")),
    ],
    ids=["missing", "hidden", "shape", "type", "nan", "centre"],
)
def test_a_generator_unlike_its_card_is_refused(
    file: Path, change: Callable[[dict[str, torch.Tensor]], None]
) -> None:
    changed(file, change)
    with pytest.raises(ModelError, match="damaged or foreign"):
        read_generator(file, ENCODER)


def test_a_file_that_was_cut_short_is_refused(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-100])
    with pytest.raises(ModelError, match="damaged"):
        read_generator(file, ENCODER)


def test_features_come_back_with_their_names(tmp_path: Path) -> None:
    maps, _ = people(2, 2, seed=0)
    Features.of("a" * 64, maps, ("ana", "ana", "ben", "ben")).save(tmp_path / "f")
    again = Features.read(tmp_path / "f")
    assert again.card.people == ("ana", "ana", "ben", "ben")
    assert torch.allclose(again.maps, maps, atol=2e-3)


def test_probes_name_nobody(tmp_path: Path) -> None:
    Features.of("a" * 64, people(2, 2, seed=0)[0]).save(tmp_path / "f")
    assert Features.read(tmp_path / "f").card.people is None


def test_features_that_are_no_numbers_are_neither_written_nor_read(tmp_path: Path) -> None:
    maps, _ = people(2, 2, seed=0)
    Features.of("a" * 64, maps).save(tmp_path / "f")
    changed(tmp_path / "f", lambda tensors: tensors["maps"].fill_(float("inf")))
    with pytest.raises(ModelError, match="not finite"):
        Features.read(tmp_path / "f")
    with pytest.raises(ModelError, match="not finite"):
        Features.of("a" * 64, maps * 1e6).save(tmp_path / "g")
    assert not (tmp_path / "g").exists()
    with pytest.raises(UsageError, match="no features"):
        Features.of("a" * 64, maps[:0])


@pytest.fixture
def server(tmp_path: Path) -> Path:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        network = build("recnet", (16, 4, 4), 5, **TINY)
    path = tmp_path / "recogniser.safetensors"
    save_model(path, network, ModelCard.of(network, recipe=RECIPE, disguise={"digest": "a" * 64}))
    return path


def test_the_server_names_the_person_with_the_same_features(server: Path, tmp_path: Path) -> None:
    maps, labels = people(5, 1, seed=0)
    names = tuple(f"person {k}" for k in labels.tolist())
    Features.of("a" * 64, maps, names).save(tmp_path / "gallery")
    Features.of("a" * 64, maps.flip(0)).save(tmp_path / "probes")
    found = list(FeatureServer.open(server).identify(tmp_path / "probes", tmp_path / "gallery"))
    assert [each.person for each in found] == list(names[::-1])
    assert all(each.similarity > 0.999 for each in found)


def test_features_of_another_generator_are_refused(server: Path, tmp_path: Path) -> None:
    maps, _ = people(2, 1, seed=0)
    Features.of("a" * 64, maps, ("ana", "ben")).save(tmp_path / "gallery")
    Features.of("b" * 64, maps).save(tmp_path / "probes")
    with pytest.raises(ModelError, match="another generator"):
        list(FeatureServer.open(server).identify(tmp_path / "probes", tmp_path / "gallery"))


def test_a_gallery_needs_names(server: Path, tmp_path: Path) -> None:
    Features.of("a" * 64, people(2, 1, seed=0)[0]).save(tmp_path / "gallery")
    with pytest.raises(ModelError, match="names nobody"):
        list(FeatureServer.open(server).identify(tmp_path / "gallery", tmp_path / "gallery"))


def test_a_model_of_photos_is_no_server(tmp_path: Path) -> None:
    network = build("mlp", (1, 4, 4), 2)
    save_model(tmp_path / "m", network, ModelCard.of(network))
    with pytest.raises(ModelError, match="not a recogniser of obfuscated features"):
        FeatureServer.open(tmp_path / "m")


def test_people_are_kept_back_to_measure_with(tmp_path: Path) -> None:
    builtin.write_folders(tmp_path / "photos")
    for person in sorted((tmp_path / "photos").iterdir())[12:]:
        shutil.rmtree(person)
    usual = XNNDSettings().recogniser.model_dump()
    settings = XNNDSettings.read(
        {"recogniser": {**usual, "options": TINY, "epochs": 1}, "adversarial_steps": 2}
    )
    done = distil_folder(tmp_path / "photos", tmp_path / "pair", ENCODER, settings, 0)
    assert (done.people, done.photos, done.held_back) == (10, 100, 2)
    assert done.clean is not None
    assert done.found is not None
    assert 0 <= done.found <= 1
    held = read_generator(tmp_path / "pair" / GENERATOR, ENCODER)
    card = read_card(tmp_path / "pair" / RECOGNISER)
    assert card.disguise["digest"] == held.digest
    assert card.classes == 10
