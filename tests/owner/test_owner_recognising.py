"""Recognising people with a model that was trained without the key."""

from pathlib import Path

import pytest
from torch import Tensor, nn

from masquerade.data import intake
from masquerade.errors import DerivationMismatch, ModelError, PhotoRejected, UsageError, WrongKey
from masquerade.keys import Key
from masquerade.networks import build
from masquerade.owner import photo_vectors
from masquerade.owner import recognise as recognising
from masquerade.owner.disguise_folder import disguise_folder
from masquerade.owner.recognise import PhotoRecogniser, Prediction
from masquerade.owner.records import Records
from masquerade.released import ReleasedDataset
from masquerade.training.model_file import ModelCard, save_model
from owner_examples import KEY, OTHER_KEY, RECIPE, person_folders

PEOPLE = 4


class Nearest(nn.Module):
    """Finds the released image that is most like the one it sees."""

    def __init__(self, images: Tensor, labels: Tensor) -> None:
        super().__init__()
        self.images = nn.Parameter(nn.functional.normalize(images.flatten(1)))
        self.one_hot = nn.functional.one_hot(labels, PEOPLE).float()

    def forward(self, images: Tensor) -> Tensor:
        near = nn.functional.normalize(images.flatten(1)) @ self.images.T
        return 50 * (50 * near).softmax(1) @ self.one_hot


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    return person_folders(tmp_path / "photos", PEOPLE)


@pytest.fixture
def records(tmp_path: Path) -> Records:
    return Records.beside(tmp_path / "owner.key")


@pytest.fixture
def released(tmp_path: Path, photos: Path, records: Records) -> ReleasedDataset:
    disguise_folder(photos, tmp_path / "out", KEY, records, RECIPE, accept_broken=True)
    return ReleasedDataset(tmp_path / "out")


def model(released: ReleasedDataset, path: Path, **changes: object) -> Path:
    manifest = released.manifest
    classes = changes.pop("classes", PEOPLE)
    shape = changes.pop("shape", released.shape)
    network = build("small-cnn", shape, classes)  # type: ignore[arg-type]
    facts = {
        "recipe": manifest.recipe,
        "disguise": manifest.disguise,
        "key_fingerprint": manifest.key_fingerprint,
        "derivation_check": manifest.derivation_check,
        "dataset_id": manifest.dataset_id,
    }
    save_model(path, network, ModelCard.of(network, **(facts | changes)))
    return path


def test_each_photo_gets_the_name_of_its_person(
    tmp_path: Path, photos: Path, records: Records, released: ReleasedDataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = model(released, tmp_path / "model")
    nearest = Nearest(*released.load_all())
    load = recognising.load_model
    monkeypatch.setattr(recognising, "load_model", lambda path: (nearest, load(path)[1]))
    monkeypatch.setattr(photo_vectors, "BATCH", 3)
    paths = sorted(photos.rglob("*.png"))
    found = list(PhotoRecogniser.open(path, KEY, records).names(paths))
    assert [guess.path for guess in found if isinstance(guess, Prediction)] == paths
    for guess in found:
        assert isinstance(guess, Prediction)
        assert guess.person == guess.path.parent.name
        assert 0.9 < guess.probability <= 1


def test_a_bad_photo_is_reported_in_its_place(
    tmp_path: Path, photos: Path, records: Records, released: ReleasedDataset
) -> None:
    bad = tmp_path / "bad.jpg"
    bad.write_bytes(b"no image")
    good = next(photos.rglob("*.png"))
    opened = PhotoRecogniser.open(model(released, tmp_path / "model"), KEY, records)
    first, second, third = opened.names([good, bad, good])
    assert isinstance(second, PhotoRejected)
    assert isinstance(first, Prediction)
    assert first == third
    assert list(opened.names([])) == []
    (only,) = opened.names([bad])
    assert isinstance(only, PhotoRejected)


def test_a_wrong_key_is_refused_before_the_first_photo(
    tmp_path: Path, records: Records, released: ReleasedDataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = model(released, tmp_path / "model")
    monkeypatch.setattr(intake, "_bytes", lambda *args: pytest.fail("a photo was opened"))
    monkeypatch.setattr(recognising, "load_model", lambda *args: pytest.fail("the network was loaded"))
    with pytest.raises(WrongKey, match="another key"):
        PhotoRecogniser.open(path, OTHER_KEY, records)


def test_a_wrong_key_with_a_forged_fingerprint_is_refused(
    tmp_path: Path, records: Records, released: ReleasedDataset
) -> None:
    path = model(released, tmp_path / "model", key_fingerprint=OTHER_KEY.fingerprint)
    with pytest.raises(DerivationMismatch):
        PhotoRecogniser.open(path, OTHER_KEY, records)


def test_a_platform_that_derives_other_numbers_is_refused(
    tmp_path: Path, records: Records, released: ReleasedDataset
) -> None:
    path = model(released, tmp_path / "model", derivation_check="0" * 64)
    with pytest.raises(DerivationMismatch, match="other numbers"):
        PhotoRecogniser.open(path, KEY, records)


def test_the_key_file_without_its_records_is_told(tmp_path: Path, released: ReleasedDataset) -> None:
    with pytest.raises(UsageError, match="no record of who is in this data set"):
        PhotoRecogniser.open(model(released, tmp_path / "model"), KEY, Records(tmp_path / "elsewhere"))


def test_a_model_of_plain_images_is_refused(
    tmp_path: Path, records: Records, released: ReleasedDataset
) -> None:
    path = model(released, tmp_path / "model", dataset_id="", key_fingerprint="", derivation_check="")
    with pytest.raises(ModelError, match="not trained on a released data set"):
        PhotoRecogniser.open(path, KEY, records)


def test_a_model_of_more_people_is_refused(
    tmp_path: Path, records: Records, released: ReleasedDataset
) -> None:
    with pytest.raises(ModelError, match="5, expected 4"):
        PhotoRecogniser.open(model(released, tmp_path / "model", classes=5), KEY, records)


def test_a_model_of_another_shape_is_refused_before_the_first_photo(
    tmp_path: Path, records: Records, released: ReleasedDataset
) -> None:
    path = model(released, tmp_path / "model", shape=(3, 8, 8))
    with pytest.raises(ModelError, match=r"\(3, 8, 8\), expected \(3, 16, 16\)"):
        PhotoRecogniser.open(path, KEY, records)


def test_a_hostile_data_set_id_leads_nowhere(
    tmp_path: Path, records: Records, released: ReleasedDataset
) -> None:
    path = model(released, tmp_path / "model", dataset_id="../../etc/passwd")
    with pytest.raises(UsageError, match="not the id of a data set"):
        PhotoRecogniser.open(path, KEY, records)


def test_another_key_object_with_the_same_secret_serves(
    tmp_path: Path, records: Records, released: ReleasedDataset
) -> None:
    PhotoRecogniser.open(model(released, tmp_path / "model"), Key.from_secret(bytes(range(32))), records)
