"""Recognition vectors and galleries: people whom the model was never trained on."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor

from masquerade.errors import ModelError, PhotoRejected, UsageError
from masquerade.networks import build
from masquerade.owner.disguise_folder import disguise_folder
from masquerade.owner.gallery import Gallery, GalleryMatch
from masquerade.owner.photo_vectors import Embedding
from masquerade.owner.recognise import PhotoRecogniser
from masquerade.owner.records import Records
from masquerade.released import ReleasedDataset
from masquerade.training.model_file import ModelCard, save_model
from owner_examples import KEY, OTHER_KEY, RECIPE, person_folders, photo

KIND = "masquerade.gallery"


def recogniser(folder: Path, key: object = KEY, seed: int = 0) -> PhotoRecogniser:
    """A model of random weights over a small released data set, in the owner's hands."""
    records = Records.beside(folder / "owner.key")
    if not (folder / "photos").exists():
        person_folders(folder / "photos", 3, 2)
    disguise_folder(
        folder / "photos", folder / "out", key, records, RECIPE, overwrite=True, accept_broken=True
    )  # type: ignore[arg-type]
    released = ReleasedDataset(folder / "out")
    manifest = released.manifest
    torch.manual_seed(seed)
    network = build("small-cnn", released.shape, 3, width=4, hidden=16)
    card = ModelCard.of(
        network,
        key_fingerprint=manifest.key_fingerprint,
        derivation_check=manifest.derivation_check,
        dataset_id=manifest.dataset_id,
    )
    save_model(folder / "model", network, card)
    return PhotoRecogniser.open(folder / "model", key, records)  # type: ignore[arg-type]


@pytest.fixture
def opened(tmp_path: Path) -> PhotoRecogniser:
    return recogniser(tmp_path / "a")


@pytest.fixture
def strangers(tmp_path: Path) -> list[tuple[str, Path]]:
    """Photos of people who are not in the data set; the files are named by number alone."""
    found = []
    for number, name in enumerate(("Zoë", "Ана", "C")):
        path = tmp_path / f"{number}.png"
        photo(5000 + number).save(path)
        found.append((name, path))
    return found


def test_vectors_do_not_depend_on_the_batch(
    opened: PhotoRecogniser, strangers: list[tuple[str, Path]]
) -> None:
    paths = [path for _, path in strangers]
    together = [found for found in opened.vectors(paths) if isinstance(found, Embedding)]
    assert [found.path for found in together] == paths
    for path, found in zip(paths, together, strict=True):
        (alone,) = opened.vectors([path])
        assert isinstance(alone, Embedding)
        assert alone.vector.shape == (16,)
        torch.testing.assert_close(alone.vector, found.vector)
    assert not torch.allclose(together[0].vector, together[1].vector)


def test_strangers_are_known_again_from_a_file(
    tmp_path: Path, opened: PhotoRecogniser, strangers: list[tuple[str, Path]]
) -> None:
    gallery, rejected = Gallery.enrol(opened, strangers)
    assert rejected == []
    gallery.save(tmp_path / "gallery")
    assert (tmp_path / "gallery").stat().st_mode & 0o777 == 0o600
    read = Gallery.read(tmp_path / "gallery", opened)
    found = list(read.identify(opened, [path for _, path in strangers]))
    for (name, path), match in zip(strangers, found, strict=True):
        assert isinstance(match, GalleryMatch)
        assert (match.person, match.path) == (name, path)
        assert match.similarity == pytest.approx(1, abs=1e-5)


def test_the_nearest_by_cosine_counts_not_by_length(opened: PhotoRecogniser, tmp_path: Path) -> None:
    gallery, _ = Gallery.enrol(opened, [("a", p) for p in sorted(tmp_path.rglob("photo-000.png"))[:2]])
    vectors = torch.zeros(2, 16)
    vectors[0, 0] = vectors[1, 1] = 1
    card = gallery.card.model_copy(update={"people": ("ana", "ben")})
    probe = torch.zeros(16)
    probe[:2] = torch.tensor([0.3, 0.4])
    match = Gallery(card, vectors).nearest(Embedding(tmp_path, probe))
    assert match.person == "ben"
    assert match.similarity == pytest.approx(0.8)


def test_bad_photos_are_told_and_left_out(
    tmp_path: Path, opened: PhotoRecogniser, strangers: list[tuple[str, Path]]
) -> None:
    bad = tmp_path / "bad.png"
    bad.write_bytes(b"no picture")
    gallery, rejected = Gallery.enrol(opened, [("bad", bad), *strangers])
    assert gallery.card.people == ("Zoë", "Ана", "C")
    assert [type(error) for error in rejected] == [PhotoRejected]
    first, second = gallery.identify(opened, [bad, strangers[2][1]])
    assert isinstance(first, PhotoRejected)
    assert isinstance(second, GalleryMatch)
    assert second.person == "C"
    with pytest.raises(UsageError, match="none of the photos"):
        Gallery.enrol(opened, [("bad", bad)])


@pytest.mark.parametrize("other", ["model", "key"])
def test_the_gallery_of_another_model_or_key_is_refused(
    tmp_path: Path, opened: PhotoRecogniser, strangers: list[tuple[str, Path]], other: str
) -> None:
    gallery, _ = Gallery.enrol(opened, strangers)
    gallery.save(tmp_path / "gallery")
    stranger = (
        recogniser(tmp_path / "a", seed=1) if other == "model" else recogniser(tmp_path / "b", OTHER_KEY)
    )
    with pytest.raises(ModelError, match="another model or key"):
        Gallery.read(tmp_path / "gallery", stranger)


CHANGES: dict[str, Callable[[dict[str, object], dict[str, Tensor]], object]] = {
    "newer": lambda card, _: card.update(version=2),
    "unknown field": lambda card, _: card.update(code="print()"),
    "nobody": lambda card, _: card.update(people=[]),
    "a person more": lambda card, _: card.update(people=["a", "b", "c", "d"]),
    "another size": lambda card, _: card.update(size=17),
    "hidden tensor": lambda _, tensors: tensors.update(more=torch.zeros(3)),
    "not a number": lambda _, tensors: tensors["vectors"].view(-1)[:1].fill_(float("nan")),
    "too long": lambda _, tensors: tensors["vectors"].mul_(3),
    "half precision": lambda _, tensors: tensors.update(vectors=tensors["vectors"].half()),
}


@pytest.mark.parametrize("case", CHANGES)
def test_a_changed_gallery_is_refused(
    tmp_path: Path, opened: PhotoRecogniser, strangers: list[tuple[str, Path]], case: str
) -> None:
    path = tmp_path / "gallery"
    Gallery.enrol(opened, strangers)[0].save(path)
    tensors = load_file(path)
    with safe_open(path, framework="pt") as file:
        card = json.loads(file.metadata()[KIND])
    CHANGES[case](card, tensors)
    save_file(tensors, path, metadata={KIND: json.dumps(card)})
    with pytest.raises(ModelError, match=str(path)):
        Gallery.read(path, opened)


@pytest.mark.parametrize("content", [b"", b"{}", b"\x80\x04\x95pickle", b"\xff" * 64])
def test_a_foreign_file_is_no_gallery(tmp_path: Path, opened: PhotoRecogniser, content: bytes) -> None:
    (tmp_path / "gallery").write_bytes(content)
    with pytest.raises(ModelError):
        Gallery.read(tmp_path / "gallery", opened)


def test_a_model_file_is_no_gallery(tmp_path: Path, opened: PhotoRecogniser) -> None:
    with pytest.raises(ModelError, match="is a trained model, not a gallery"):
        Gallery.read(tmp_path / "a" / "model", opened)
