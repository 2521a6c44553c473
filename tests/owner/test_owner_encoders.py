"""An encoder given as a file is found again when people are recognised, even if the file is gone."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from masquerade.disguises import BlockPermutation, Chain, TokenMatrix
from masquerade.encoders import Card, VisionTransformer, ViTOptions, encoder_bytes
from masquerade.errors import ModelError, PhotoRejected, SourceChanged, UsageError
from masquerade.networks import build
from masquerade.owner.disguise_folder import disguise_folder
from masquerade.owner.kept_networks import keep_network
from masquerade.owner.recognise import PhotoRecogniser
from masquerade.owner.records import Records
from masquerade.recipes import Recipe
from masquerade.released import ReleasedDataset
from masquerade.training.model_file import ModelCard, save_model
from owner_examples import KEY, RECIPE, person_folders


def encoder_file(path: Path, seed: int = 0) -> Path:
    options = ViTOptions(side=16, patch=8, width=8, heads=2, depth=1)
    torch.manual_seed(seed)
    path.write_bytes(encoder_bytes(VisionTransformer(options), Card(name="tiny", options=options)))
    return path


def recipe(encoder: Path) -> Recipe:
    return replace(RECIPE, disguise=Chain((BlockPermutation(1), TokenMatrix())), encoder=encoder)


@pytest.fixture
def owner(tmp_path: Path) -> Path:
    """A folder with photos, a released data set and a model of random weights on it; the encoder is gone."""
    records = Records.beside(tmp_path / "owner.key")
    person_folders(tmp_path / "photos", 2, 2)
    encoder = encoder_file(tmp_path / "encoder")
    disguise_folder(tmp_path / "photos", tmp_path / "out", KEY, records, recipe(encoder), accept_broken=True)
    encoder.unlink()
    manifest = ReleasedDataset(tmp_path / "out").manifest
    assert manifest.stored_shape == (8, 2, 2)
    network = build("recnet", manifest.stored_shape, 2, width=8, heads=2, depth=1)
    facts = {
        "key_fingerprint": manifest.key_fingerprint,
        "derivation_check": manifest.derivation_check,
        "dataset_id": manifest.dataset_id,
    }
    save_model(tmp_path / "model", network, ModelCard.of(network, **facts))
    return tmp_path


def opened(owner: Path) -> PhotoRecogniser:
    return PhotoRecogniser.open(owner / "model", KEY, Records.beside(owner / "owner.key"))


def kept(owner: Path) -> Path:
    (copy,) = (owner / "owner.records").glob("*.encoder.safetensors")
    return copy


def test_photos_are_recognised_without_the_file(owner: Path) -> None:
    photos = sorted((owner / "photos").rglob("*.png"))
    names = list(opened(owner).names(photos))
    assert len(names) == 4
    assert not any(isinstance(name, PhotoRejected) for name in names)
    assert kept(owner).stat().st_mode & 0o777 == 0o600


def test_a_record_without_its_encoder_is_told(owner: Path) -> None:
    kept(owner).unlink()
    with pytest.raises(ModelError, match="encoder that the photos were disguised with is not here"):
        opened(owner)


def test_a_copy_that_became_another_encoder_is_refused(owner: Path) -> None:
    encoder_file(kept(owner), seed=1)
    with pytest.raises(ModelError, match="another encoder"):
        opened(owner)


def test_a_damaged_copy_is_refused(owner: Path) -> None:
    copy = kept(owner)
    copy.write_bytes(copy.read_bytes()[:-1])
    with pytest.raises(ModelError, match=str(copy)):
        opened(owner)


def test_a_file_that_changed_since_is_not_kept(tmp_path: Path) -> None:
    records = Records(tmp_path / "records")
    records.prepare()
    described = recipe(encoder_file(tmp_path / "encoder")).whole().describe()
    encoder_file(tmp_path / "encoder", seed=1)
    with pytest.raises(SourceChanged, match="encoder file changed"):
        keep_network("encoder", tmp_path / "encoder", described, records)
    assert list(records.folder.iterdir()) == []


def test_a_digest_that_is_none_leads_nowhere(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="not the digest"):
        Records(tmp_path).network_file("encoder", "../../etc/passwd")
