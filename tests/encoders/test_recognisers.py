"""Public recognisers: what goes in and out of them, files of them, and the training of one."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor
from torch.nn import functional

from masquerade.encoders import dlib_recogniser, load_sface
from masquerade.encoders.dlib_recogniser import chips
from masquerade.encoders.recogniser import NetworkRecogniser, Recogniser, open_recogniser
from masquerade.encoders.recogniser_base import resized
from masquerade.encoders.recogniser_file import KIND, read_recogniser, read_recogniser_card, recogniser_bytes
from masquerade.errors import ModelError, StudyError, UsageError
from masquerade.metrics import recognition
from masquerade.networks.resnet import ResNet18, ResNet18Options
from masquerade.training.encoders.recogniser import (
    card_of,
    recogniser_settings,
    save_recogniser,
    train_recogniser,
)
from tracking_examples import people

PHOTOS = torch.randint(
    0, 256, (3, 3, 112, 112), generator=torch.Generator().manual_seed(2), dtype=torch.uint8
)
TINY = ResNet18Options(width=2, head="cosine")
NAMES = ("sface", "resnet-public")


def tiny_network(seed: int = 0) -> ResNet18:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = ResNet18((3, 16, 16), 4, TINY)
    network.norm.fit([people(2, 12, 6).images])
    return network.eval()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    network = tiny_network()
    settings = recogniser_settings(1, options=TINY.model_dump())
    card = card_of("tiny", network, settings, 0, torch.arange(4), "none")
    save_recogniser(tmp_path / "tiny.safetensors", network, card)
    return tmp_path / "tiny.safetensors"


@pytest.mark.parametrize("name", NAMES)
def test_vectors_are_unit_and_differentiable(name: str) -> None:
    recogniser = open_recogniser(name)
    photos = PHOTOS[:2].float().requires_grad_()
    vectors = recogniser(photos)
    assert vectors.shape == (2, recogniser.size)
    assert torch.allclose(vectors.norm(dim=1), torch.ones(2), atol=1e-5)
    (gradient,) = torch.autograd.grad(vectors[0, 0], photos)
    assert float(gradient[0].abs().sum()) > 0
    assert float(gradient[1].abs().sum()) == 0  # one photo's vector is no matter of another
    assert recogniser.differentiable


@pytest.mark.parametrize("name", NAMES)
def test_photos_of_other_sizes_are_resized(name: str) -> None:
    recogniser = open_recogniser(name)
    smooth = functional.interpolate(torch.rand(2, 3, 5, 5) * 255, (112, 112), mode="bicubic").clip(0, 255)
    with torch.no_grad():
        small = recogniser(functional.interpolate(smooth, (80, 80), mode="bilinear", antialias=True))
        assert ((recogniser(smooth) * small).sum(1) > 0.95).all()
    assert recogniser(smooth[:0]).shape == (0, recogniser.size)


def test_sface_is_sface() -> None:
    with torch.no_grad():
        expected = functional.normalize(load_sface().embed(PHOTOS.float()))
        assert torch.allclose(open_recogniser("sface")(PHOTOS), expected, atol=1e-5)


def test_grey_photos_are_refused() -> None:
    for wrong in (PHOTOS[:, :1], PHOTOS[0]):
        with pytest.raises(UsageError, match="takes colour photos"):
            open_recogniser("resnet-public")(wrong)


def test_recognisers_are_told_by_their_digest(path: Path) -> None:
    first, again = NetworkRecogniser("a", tiny_network()), NetworkRecogniser("b", tiny_network())
    assert first == again
    assert hash(first) == hash(again)
    assert first != NetworkRecogniser("a", tiny_network(1))
    assert first.describe() == {"name": "a", "digest": first.digest}
    assert "NetworkRecogniser('a'" in repr(first)
    assert isinstance(first, Recogniser)


def test_a_recogniser_comes_back_without_its_people(path: Path) -> None:
    before = torch.random.get_rng_state()
    recogniser = open_recogniser(path)
    assert torch.equal(torch.random.get_rng_state(), before)
    photos = people(2, 12, 6).images
    assert (recogniser(photos) * NetworkRecogniser("x", tiny_network())(photos)).sum(1).min() > 0.999
    assert not [name for name in load_file(path) if name.startswith("head")]
    assert read_recogniser_card(path).people == 4


def damaged(path: Path, **change: Tensor | None) -> Path:
    tensors = {**load_file(path), **{name.replace("__", "."): t for name, t in change.items()}}
    text = read_recogniser_card(path).model_dump_json()
    save_file({k: v for k, v in tensors.items() if v is not None}, path, metadata={KIND: text})
    return path


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("norm__std", None),
        ("norm__std", torch.zeros(3, 1, 1, dtype=torch.float16)),
        ("norm__mean", torch.full((3, 1, 1), torch.nan, dtype=torch.float16)),
        ("norm__mean", torch.zeros(3, 1, 1)),
        ("stem__0__weight", torch.zeros(9, dtype=torch.float16)),
        ("hidden", torch.zeros(9)),
    ],
)
def test_files_unlike_their_card_are_refused(path: Path, name: str, value: Tensor | None) -> None:
    with pytest.raises(ModelError):
        read_recogniser(damaged(path, **{name: value}))


def test_cards_that_ask_for_too_much_are_refused(path: Path) -> None:
    card = read_recogniser_card(path)
    for text in (
        card.model_dump_json().replace('"width":2', '"width":512'),
        card.model_dump_json().replace('"version":1', '"version":2'),
        "{",
    ):
        save_file(load_file(path), path, metadata={KIND: text})
        with pytest.raises(ModelError):
            read_recogniser(path)
    path.write_bytes(b"photo")
    with pytest.raises(ModelError):
        open_recogniser(path)


def test_foreign_cards_and_broken_weights_are_not_written(path: Path) -> None:
    network, card = tiny_network(), read_recogniser_card(path)
    with pytest.raises(ModelError, match="another recogniser"):
        recogniser_bytes(network, card.model_copy(update={"side": 32}))
    next(iter(network.parameters())).data[:] = 1e6
    with pytest.raises(ModelError, match="not finite"):
        recogniser_bytes(network, card)


def test_names_that_are_none() -> None:
    with pytest.raises(UsageError, match="resnet-public"):
        open_recogniser("nobody")


def test_training_teaches_to_tell_people_apart() -> None:
    known, others = people(2, 12, 6), people(5, 8, 6)
    settings = recogniser_settings(30, batch_size=24, options={**TINY.model_dump(), "width": 4}, shift=1)
    network = train_recogniser(known.images, known.labels, settings, 0)
    trained = recognition(NetworkRecogniser("trained", network)(others.images), others.labels)
    assert trained.value > 3 * trained.chance
    with pytest.raises(UsageError, match="a recogniser is a ResNet"):
        train_recogniser(
            known.images,
            known.labels,
            settings.model_copy(update={"network": "mlp", "options": {}, "steps": 1}),
            0,
        )


def test_photos_of_the_size_wanted_stay() -> None:
    photos = PHOTOS.float()
    assert resized(photos, 112) is photos
    assert resized(photos, 64).shape == (3, 3, 64, 64)


@pytest.mark.parametrize(("x", "y", "there"), [(38.29, 51.60, (47.7, 47.1)), (73.53, 51.60, (100.25, 47.1))])
def test_eyes_come_to_lie_where_dlib_wants_them(x: float, y: float, there: tuple[float, float]) -> None:
    rows, columns = torch.arange(112)[:, None] + 0.5, torch.arange(112) + 0.5
    spot = torch.exp(-((columns - x) ** 2 + (rows - y) ** 2) / 18).expand(1, 3, 112, 112)
    found = chips(spot)[0, 0].double()
    places = torch.arange(150) + 0.5
    centre = (float((found.sum(0) * places).sum()), float((found.sum(1) * places).sum()))
    total = float(found.sum())
    assert (centre[0] / total, centre[1] / total) == pytest.approx(there, abs=0.3)


def test_dlib_is_for_audits_alone() -> None:
    recogniser = open_recogniser("dlib")
    vectors = recogniser(PHOTOS[:1].float().requires_grad_())
    assert vectors.shape == (1, 128)
    assert float(vectors.norm()) == pytest.approx(1, abs=1e-5)
    assert not vectors.requires_grad
    assert not recogniser.differentiable


def test_dlib_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dlib_recogniser, "find_spec", lambda name: None)
    with pytest.raises(StudyError, match="dlib-bin"):
        dlib_recogniser.DlibRecogniser()
