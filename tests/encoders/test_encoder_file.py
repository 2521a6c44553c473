"""Encoder files: what goes in comes out, and nothing else gets in."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from encoder_examples import TINY, tiny_encoder
from masquerade.encoders import Card, encoder_bytes, open_encoder, read_encoder
from masquerade.encoders.file import KIND, read_card
from masquerade.errors import ModelError
from masquerade.training.encoders.pretrain import save_encoder

PHOTOS = torch.randint(0, 256, (3, 3, 16, 16), generator=torch.Generator().manual_seed(2), dtype=torch.uint8)


def card(**facts: object) -> Card:
    return Card.model_validate({"name": "tiny", "options": TINY, **facts})


@pytest.fixture
def path(tmp_path: Path) -> Path:
    save_encoder(tmp_path / "tiny.safetensors", tiny_encoder().network, card())
    return tmp_path / "tiny.safetensors"


def test_an_encoder_comes_back_as_it_was(path: Path) -> None:
    before = torch.random.get_rng_state()
    encoder = open_encoder(path)
    assert torch.equal(torch.random.get_rng_state(), before)
    assert encoder == tiny_encoder()
    assert torch.equal(encoder(PHOTOS), tiny_encoder()(PHOTOS))
    assert [file.name for file in path.parent.iterdir()] == ["tiny.safetensors"]


def test_half_the_bytes_give_nearly_the_same(tmp_path: Path) -> None:
    network = tiny_encoder().network
    (tmp_path / "half").write_bytes(encoder_bytes(network, card(stored="float16")))
    encoder = read_encoder(tmp_path / "half")
    assert (encoder(PHOTOS) - tiny_encoder()(PHOTOS)).abs().max() < 0.02
    assert read_encoder(tmp_path / "half") == encoder


def test_weights_that_are_no_numbers_and_foreign_cards_are_not_written() -> None:
    network = tiny_encoder().network
    with pytest.raises(ModelError, match="another encoder"):
        encoder_bytes(network, card(options={**TINY.model_dump(), "depth": 2}))
    network.class_token.data[0] = 1e6
    with pytest.raises(ModelError, match="class_token as float16"):
        encoder_bytes(network, card(stored="float16"))


def rewrite(path: Path, tensors: dict[str, Tensor], text: str | None = None, kind: str = KIND) -> None:
    save_file(tensors, path, metadata={kind: read_card(path).model_dump_json() if text is None else text})


def nan(tensors: dict[str, Tensor]) -> None:
    tensors["class_token"][0] = float("nan")


DAMAGE: dict[str, Callable[[dict[str, Tensor]], object]] = {
    "left over": lambda tensors: tensors.update(hidden=torch.zeros(100)),
    "missing": lambda tensors: tensors.pop("class_token"),
    "not finite": nan,
    "has shape": lambda tensors: tensors.update(class_token=torch.zeros(9)),
    "expected torch.float32": lambda tensors: tensors.update(class_token=torch.zeros(8, dtype=torch.float16)),
}


@pytest.mark.parametrize("words", DAMAGE)
def test_files_unlike_their_card_are_refused(path: Path, words: str) -> None:
    tensors = load_file(path)
    DAMAGE[words](tensors)
    rewrite(path, tensors)
    with pytest.raises(ModelError, match=words):
        open_encoder(path)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"version": 2}, "newer or unknown version"),
        ({"architecture": "resnet"}, "malformed"),
        ({"options": {"side": 16, "patch": 5}}, "no network that can be built"),
        ({"options": {**TINY.model_dump(), "width": 8192, "heads": 1, "depth": 128}}, "more numbers"),
        ({"options": {**TINY.model_dump(), "depth": 2}}, "missing or left over"),
        ({"name": "two\nlines"}, "malformed"),
        ({"owner": "x"}, "malformed"),
    ],
)
def test_cards_that_make_no_sense_are_refused(path: Path, change: dict[str, object], words: str) -> None:
    text = json.dumps({**read_card(path).model_dump(mode="json"), **change})
    rewrite(path, load_file(path), text)
    with pytest.raises(ModelError, match=words):
        open_encoder(path)


def test_other_files_are_refused(path: Path) -> None:
    tensors = load_file(path)
    rewrite(path, tensors, "{}", "masquerade.model")
    with pytest.raises(ModelError, match="is a trained model, not an encoder"):
        open_encoder(path)
    for content in (b"", b"no tensors here", path.read_bytes()[:500]):
        path.write_bytes(content)
        with pytest.raises(ModelError, match="damaged or foreign"):
            open_encoder(path)
    with pytest.raises(ModelError, match="cannot be read"):
        read_encoder(path.parent / "none")
