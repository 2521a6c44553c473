"""A recogniser from a cloud that is not trusted: only the very tensors of the network that its card names."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from masquerade.errors import ModelError
from masquerade.networks import build
from masquerade.training import ModelCard, embeddings, load_model, save_model
from masquerade.training.model_file import read_card

OPTIONS: dict[str, Any] = {"width": 8, "heads": 2, "depth": 1, "pool": "class", "head": "cosine"}
FIRST = "blocks.blocks.0.self_attn.in_proj_weight"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    network = build("recnet", (8, 3, 3), 4, **OPTIONS).eval()
    save_model(tmp_path / "model", network, ModelCard.of(network))
    return tmp_path / "model"


def rewrite(path: Path, tensors: dict[str, Tensor], **changes: object) -> None:
    card = {**json.loads(read_card(path).model_dump_json()), **changes}
    save_file(tensors, path, metadata={"masquerade.model": json.dumps(card)})


def test_recognition_vectors_survive_the_file(path: Path, tmp_path: Path) -> None:
    network, card = load_model(path)
    maps = torch.randn(5, 8, 3, 3)
    save_model(tmp_path / "again", network, card)
    assert torch.equal(embeddings(load_model(tmp_path / "again")[0], maps), embeddings(network, maps))


WEIGHTS: dict[str, Callable[[dict[str, Tensor]], object]] = {
    "hidden tensor": lambda w: w.update({"blocks.blocks.0.hidden": torch.zeros(64)}),
    "a block more": lambda w: w.update({FIRST.replace(".0.", ".1."): w[FIRST].clone()}),
    "no class token": lambda w: w.pop("class_token"),
    "wrong name": lambda w: w.update({"head.weights": w.pop("head.weight")}),
    "wrong shape": lambda w: w.update({FIRST: w[FIRST].T.contiguous()}),
    "a class more": lambda w: w.update({"head.weight": torch.zeros(5, 8)}),
    "not a number": lambda w: w[FIRST].view(-1)[7:8].fill_(float("nan")),
    "infinite": lambda w: w["class_token"].fill_(float("inf")),
    "double precision": lambda w: w.update({"class_token": w["class_token"].double()}),
}


@pytest.mark.parametrize("case", WEIGHTS)
def test_other_tensors_are_refused(path: Path, case: str) -> None:
    tensors = load_file(path)
    WEIGHTS[case](tensors)
    rewrite(path, tensors)
    with pytest.raises(ModelError, match=str(path)):
        load_model(path)


CARDS: dict[str, dict[str, Any]] = {
    "deeper": {"options": {**OPTIONS, "depth": 2}},
    "wider": {"options": {**OPTIONS, "width": 16}},
    "heads that do not divide": {"options": {**OPTIONS, "heads": 3}},
    "other pooling": {"options": {**OPTIONS, "pool": "mean"}},
    "other head": {"options": {**OPTIONS, "head": "linear"}},
    "unknown option": {"options": {**OPTIONS, "hook": "print"}},
    "scale without end": {"options": {**OPTIONS, "scale": 1e300}},
    "more tokens' numbers": {"shape": (16, 3, 3)},
    "enormous": {"options": {**OPTIONS, "width": 4096, "depth": 48}, "classes": 10_000_000},
}


@pytest.mark.parametrize("case", CARDS)
def test_a_card_of_another_recogniser_is_refused(path: Path, case: str) -> None:
    rewrite(path, load_file(path), **CARDS[case])
    with pytest.raises(ModelError, match=str(path)):
        load_model(path)
