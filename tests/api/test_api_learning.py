"""Training from Python: released arrays and folders in, a classifier with the caller's own labels out."""

import json
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from test_training_cloud import CLASSES, HOW, release

from masquerade.api.classifier import Classifier
from masquerade.api.labels import labels_path
from masquerade.api.learning import train
from masquerade.api.protection import Protection
from masquerade.cli.app import run
from masquerade.disguises import BlockMatrix
from masquerade.errors import ModelError, UsageError
from masquerade.files.permissions import is_exposed
from masquerade.keys import Key
from masquerade.released import ReleasedDataset
from masquerade.training import Settings

NAMES = np.array(["Anneliese", "Bartholomew", "Cemile", "Désirée"])


def bars(count: int = 80) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Noisy bars, grey ``(n, 1, 8, 8)``, whose place tells the class."""
    rng = np.random.default_rng(0)
    y = np.arange(count) % CLASSES
    Z = rng.normal(0, 30, (count, 1, 8, 8)).astype(np.float32)
    for image, label in zip(Z, y, strict=True):
        image[:, 2 * label : 2 * label + 2] += 150
    return Z, y


@pytest.fixture(scope="module")
def named() -> Classifier:
    Z, y = bars()
    return train(Z, NAMES[y], preset=HOW)


def test_labels_come_back_as_they_came(named: Classifier) -> None:
    Z, y = bars()
    assert (named.classes == NAMES).all()
    assert (named.predict(Z) == NAMES[y]).mean() > 0.9
    assert named.predict(Z).dtype == NAMES.dtype
    assert named.accuracy is not None
    assert named.accuracy > 0.8
    shares = named.predict_proba(Z)
    assert shares.shape == (80, CLASSES)
    assert np.allclose(shares.sum(1), 1, atol=1e-5)
    assert (named.classes[shares.argmax(1)] == named.predict(Z)).all()
    assert named.embed(Z[:5]).shape[0] == 5
    assert isinstance(named.module, torch.nn.Module)
    assert repr(named).startswith("Classifier('mlp', 4 classes, shape (1, 8, 8)")


@pytest.mark.parametrize(
    "labels",
    [
        ["b", "a", "b", "a"],
        [("x", 1), ("y", 2), ("y", 2), ("x", 1)],
        ["a", 3, 3, "a"],
        [7, 3, 3, 7],
        [None, 1, None, 1],
    ],
)
def test_any_hashable_is_a_label(labels: list[Any]) -> None:
    Z, _ = bars(4)
    model = train(np.repeat(Z, 2, 0), [label for label in labels for _ in range(2)], preset=HOW)
    assert set(model.classes.tolist()) == set(labels)
    assert set(model.predict(Z).tolist()) <= set(labels)


def test_arrays_tensors_and_lists_train_the_same_network() -> None:
    Z, y = bars(16)
    how = HOW.model_copy(update={"epochs": 2})
    forms = [
        (Z, y),
        (torch.from_numpy(Z), torch.from_numpy(y)),
        (list(Z), y.tolist()),
        (Z.astype(np.float64), y.astype(np.int32)),
        (Z.transpose(0, 2, 3, 1), y),
    ]
    first, *others = (train(*form, preset=how).predict_proba(Z) for form in forms)
    assert all((other == first).all() for other in others)


@pytest.mark.parametrize("shape", [(64, 3, 3), (128, 1, 1), (3, 8, 8), (1, 8, 3)])
def test_maps_of_many_channels_are_not_taken_for_photos(shape: tuple[int, int, int]) -> None:
    Z = np.random.default_rng(0).normal(size=(8, *shape))
    assert train(Z, [0, 1] * 4, network="mlp", epochs=1).card.shape == shape


def test_a_layout_that_is_said_counts() -> None:
    Z, y = np.random.default_rng(0).normal(size=(8, 64, 8, 3)), [0, 1] * 4
    for said, shape in ((None, (3, 64, 8)), ("NCHW", (64, 8, 3)), ("NHWC", (3, 64, 8))):
        assert train(Z, y, layout=said, network="mlp", epochs=1).card.shape == shape
    with pytest.raises(UsageError, match="NHWC"):
        train(Z, y, layout="HWC")


def test_arrays_that_cannot_be_written_to_are_read(named: Classifier) -> None:
    Z, _ = bars()
    Z.flags.writeable = False
    assert len(named.predict(Z)) == len(Z)


def test_network_preset_length_and_progress_are_the_callers() -> None:
    Z, y = bars(16)
    seen: list[int] = []
    model = train(Z, y, network="mlp", epochs=3, progress=lambda done, total, *_: seen.append(total - done))
    assert seen[-1] == 0
    assert model.card.settings is not None
    assert (model.card.network, model.card.settings.epochs) == ("mlp", 3)
    assert train(Z, y, epochs=1).card.network == "small-cnn"
    assert train(Z, y, preset="laptop-mlp", epochs=1).card.network == "mlp"
    with pytest.raises(UsageError, match="laptop-mlp"):
        train(Z, y, preset="laptop-ml")


def test_a_protection_that_mixes_blocks_is_met_by_the_network_for_blocks() -> None:
    Z, y = bars(16)
    model = train(Z, y, protection=BlockMatrix(4, variant="block"), epochs=1)
    assert (model.card.network, model.card.options["block"]) == ("block-net", 4)
    assert model.card.disguise == BlockMatrix(4, variant="block").describe()
    keyed = Protection(BlockMatrix(4, variant="block")).keyed(
        Key.from_secret(bytes(32)), (1, 8, 8), accept_broken=True
    )
    assert train(Z, y, protection=keyed, epochs=1).card == model.card


def test_a_released_folder_gives_the_model_of_the_command(tmp_path: Path) -> None:
    folder = tmp_path / "released"
    release(folder, tmp_path)
    model = train(ReleasedDataset(folder), network="mlp", epochs=2, seed=3)
    model.save(tmp_path / "ours")
    assert not labels_path(tmp_path / "ours").exists()
    assert (model.card.dataset_id, model.card.recipe) == ("1" * 32, "a recipe")
    settings = Settings.read({**model.card.settings.model_dump()})  # type: ignore[union-attr]
    from masquerade.training import train_released

    train_released(folder, tmp_path / "theirs", settings=settings, seed=3)
    assert (tmp_path / "ours").read_bytes() == (tmp_path / "theirs").read_bytes()
    loaded = Classifier.load(tmp_path / "theirs")
    Z, _ = ReleasedDataset(folder).to_arrays()
    assert (loaded.predict(Z) == model.predict(Z)).all()
    assert loaded.classes.tolist() == [0, 1, 2, 3]
    with pytest.raises(UsageError, match="has its own"):
        train(ReleasedDataset(folder), np.zeros(80))


def test_a_saved_model_brings_its_labels_and_holds_no_name(named: Classifier, tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    named.save(path)
    Z, _ = bars()
    again = Classifier.load(path)
    assert (again.predict(Z) == named.predict(Z)).all()
    assert again.classes.dtype == NAMES.dtype
    assert b"Anneliese" not in path.read_bytes()
    assert not is_exposed(labels_path(path).stat().st_mode)
    path.rename(tmp_path / "elsewhere")
    assert Classifier.load(tmp_path / "elsewhere").classes.tolist() == [0, 1, 2, 3]


def test_labels_of_another_model_are_refused(named: Classifier, tmp_path: Path) -> None:
    path = tmp_path / "model"
    named.save(path)
    Z, y = bars(16)
    train(Z, y, network="mlp", epochs=1).save(path)
    assert not labels_path(path).exists()
    named.save(path)
    kept = labels_path(path).read_text()
    train(Z, y[::-1].copy(), network="mlp", epochs=1).save(tmp_path / "other")
    labels_path(tmp_path / "other").write_text(kept)
    with pytest.raises(ModelError, match="belong to another model"):
        Classifier.load(tmp_path / "other")
    labels_path(path).write_text(kept.replace("Anneliese", "Eve"))
    with pytest.raises(ModelError, match="checksum"):
        Classifier.load(path)
    for hostile in ("[]", "{}", "nonsense", json.dumps({"format": "masquerade labels of a model"})):
        labels_path(path).write_text(hostile)
        with pytest.raises(ModelError, match="labels of a model cannot be used"):
            Classifier.load(path)


@pytest.mark.parametrize("label", [("a", 1), float("inf"), 1j])
def test_labels_that_no_file_can_hold_are_refused_before_anything_is_written(
    label: object, tmp_path: Path
) -> None:
    Z, _ = bars(4)
    model = train(Z, [label, "b", label, "b"], network="mlp", epochs=1)
    with pytest.raises(UsageError, match="cannot be saved"):
        model.save(tmp_path / "model")
    assert not list(tmp_path.iterdir())


def test_what_stands_in_the_way_is_kept(named: Classifier, tmp_path: Path) -> None:
    (tmp_path / "letter").write_text("dear")
    with pytest.raises(UsageError, match="letter"):
        named.save(tmp_path / "letter")
    assert run(["key", "new", str(tmp_path / "owner.key")]) == 0
    with pytest.raises(UsageError, match="key"):
        named.save(tmp_path / "owner.key", overwrite=True)


@pytest.mark.parametrize(
    ("Z", "y", "words"),
    [
        (np.zeros((4, 8, 8)), [0, 1, 0, 1], r"shape \(4, 8, 8\), float64, 0 to 0 in Z.*Z\[:, None\]"),
        (np.full((4, 1, 8, 8), np.nan), [0, 1, 0, 1], "NaN"),
        (np.zeros((4, 1, 8, 8), np.int64), [0, 1, 0, 1], r"shape \(4, 1, 8, 8\), int64, 0 to 0 in Z"),
        (np.zeros((4, 1, 8, 8)), [0, 1, 0], "4 images, 3 labels"),
        (np.zeros((4, 1, 8, 8)), None, "no labels"),
        (np.zeros((4, 1, 8, 8)), [0, 0, 0, 0], "1 different labels of 4"),
        (np.zeros((4, 1, 8, 8)), np.eye(4), r"shape \(4, 4\), float64 in y.*argmax"),
        (np.zeros((4, 1, 8, 8)), [[0], [1], [0], [1]], "unhashable"),
        ("released", [0, 1], "str in Z"),
    ],
)
def test_what_is_wrong_with_an_array_is_named(Z: object, y: object, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        train(Z, y)


def test_images_of_another_shape_are_named(named: Classifier) -> None:
    with pytest.raises(
        UsageError, match=r"1 channels, 8 rows, 8 columns: shape \(2, 1, 8, 9\), float64, 0 to 0"
    ):
        named.predict(np.zeros((2, 1, 8, 9)))


def test_people_of_a_gallery_are_named_and_strangers_are_not() -> None:
    Z, y = bars(120)
    known, stranger = y < 3, y == 3
    model = train(Z[known], y[known], preset=HOW)
    gallery, probes = known & (np.arange(120) < 60), known & (np.arange(120) >= 60)
    found = model.identify(Z[probes], Z[gallery], NAMES[y[gallery]])
    assert (found.labels == NAMES[y[probes]]).mean() > 0.9
    assert found.open_set is None
    assert found.similarities.max() <= 1.0001
    some = model.identify(Z[stranger], Z[gallery], NAMES[y[gallery]], fpir=0.01)
    assert some.open_set is not None
    assert {each for each in some.labels.tolist() if each is not None} <= set(NAMES.tolist())
    assert (some.similarities[[each is None for each in some.labels]] <= some.open_set.threshold).all()
    with pytest.raises(UsageError, match="1 people in the gallery"):
        model.identify(Z, Z[y == 1], y[y == 1], fpir=0.01)
    with pytest.raises(UsageError, match="belong together"):
        model.identify(Z, Z, y[:3])


def test_no_label_travels_in_a_pickle_that_is_asked_for_by_accident(named: Classifier) -> None:
    again = pickle.loads(pickle.dumps(named))  # noqa: S301 - joblib and the like do
    assert (again.predict(bars()[0]) == named.predict(bars()[0])).all()
