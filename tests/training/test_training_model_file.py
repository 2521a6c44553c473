"""Model files: what goes in comes out, and nothing else gets in."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from masquerade.errors import ModelError
from masquerade.networks import EVERY_NETWORK, Network, build
from masquerade.training import ModelCard, Settings, load_model, preset, save_model
from masquerade.training.model_file import read_card

OPTIONS: dict[str, dict[str, Any]] = {
    "small-cnn": {"width": 2, "hidden": 4},
    "resnet18": {"width": 1, "input_norm": "position"},
    "mlp": {"hidden": 4},
    "block-net": {"block": 4, "width": 4},
    "recnet": {"width": 4, "heads": 2, "depth": 1},
}
KIND = "masquerade.model"


def network_of(name: str) -> Network:
    return build(name, (1, 8, 8), 3, **OPTIONS[name]).eval()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    network = network_of("mlp")
    save_model(tmp_path / "model.safetensors", network, ModelCard.of(network, recipe="dn-lfw"))
    return tmp_path / "model.safetensors"


@pytest.mark.parametrize("name", [kind.name for kind in EVERY_NETWORK])
def test_a_model_comes_back_as_it_was(tmp_path: Path, name: str) -> None:
    network = network_of(name)
    network.norm.fit([torch.randn(20, 1, 8, 8) * 30 + 100])
    card = ModelCard.of(
        network,
        settings=preset("paper-mnist"),
        recipe="dn-mnist",
        disguise={"kind": "Chain", "parts": [{"kind": "Noise", "level": 100}]},
        key_fingerprint="0" * 32,
        derivation_check="f" * 64,
        dataset_id="a" * 32,
        validation_accuracy=0.875,
    )
    save_model(tmp_path / "m.safetensors", network, card)
    loaded, found = load_model(tmp_path / "m.safetensors")
    assert found == card
    assert not loaded.training
    images = torch.rand(4, 1, 8, 8) * 255
    assert torch.equal(loaded(images), network(images))


def test_no_file_is_left_behind_but_the_model(path: Path) -> None:
    assert [found.name for found in path.parent.iterdir()] == ["model.safetensors"]


def test_a_card_of_another_network_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="another network"):
        save_model(tmp_path / "m", network_of("mlp"), ModelCard.of(network_of("resnet18")))


def test_weights_that_are_not_finite_are_not_written(tmp_path: Path) -> None:
    network = network_of("mlp")
    with torch.no_grad():
        next(network.parameters()).fill_(float("inf"))
    with pytest.raises(ModelError, match="not finite"):
        save_model(tmp_path / "m", network, ModelCard.of(network))


def rewrite(
    path: Path, card: Callable[[dict[str, Any]], object], weights: Callable[[dict[str, Tensor]], object]
) -> None:
    """Write the file anew, with its card and weights changed."""
    fields, tensors = json.loads(read_card(path).model_dump_json()), load_file(path)
    card(fields)
    weights(tensors)
    save_file(tensors, path, metadata={KIND: json.dumps(fields)})


def nothing(_: object) -> None:
    """Change nothing."""


def test_rewriting_without_a_change_still_loads(path: Path) -> None:
    rewrite(path, nothing, nothing)
    load_model(path)


CARDS: dict[str, dict[str, Any]] = {
    "newer version": {"version": 2},
    "older version": {"version": 0},
    "version as text": {"version": "1"},
    "unknown network": {"network": "posixpath.join"},
    "another network": {"network": "small-cnn", "options": {}},
    "unknown option": {"options": {"hidden": 4, "eval": "1"}},
    "enormous network": {"options": {"hidden": 16384, "depth": 16}, "shape": [60000, 60000, 60000]},
    "overflowing shape": {"shape": [65536, 65536, 65536]},
    "larger than the weights": {"shape": [1, 8, 16]},
    "negative shape": {"shape": [1, -8, -8]},
    "two sides": {"shape": [8, 8]},
    "no class": {"classes": 0},
    "other number of classes": {"classes": 4},
    "unknown field": {"code": "print()"},
    "settings of no network": {"settings": {"network": "x", "epochs": 1}},
    "settings without length": {"settings": {}},
    "fingerprint that is no number": {"key_fingerprint": "../../etc"},
    "accuracy over one": {"validation_accuracy": 3},
    "missing shape": {"shape": None},
}


@pytest.mark.parametrize("case", CARDS)
def test_a_changed_card_is_refused(path: Path, case: str) -> None:
    rewrite(path, lambda fields: fields.update(CARDS[case]), nothing)
    with pytest.raises(ModelError, match=str(path)):
        load_model(path)


def test_an_unknown_version_is_told_as_such(path: Path) -> None:
    rewrite(path, lambda fields: fields.update(version=7), nothing)
    with pytest.raises(ModelError, match="newer or unknown version"):
        load_model(path)


WEIGHTS: dict[str, Callable[[dict[str, Tensor]], object]] = {
    "missing": lambda w: w.pop("layers.1.weight"),
    "left over": lambda w: w.update(extra=torch.zeros(1)),
    "renamed": lambda w: w.update(other=w.pop("layers.1.weight")),
    "transposed": lambda w: w.update({"layers.1.weight": w["layers.1.weight"].T.contiguous()}),
    "longer": lambda w: w.update({"layers.1.bias": torch.zeros(5)}),
    "half precision": lambda w: w.update({"layers.1.bias": w["layers.1.bias"].half()}),
    "integers": lambda w: w.update({"layers.1.bias": torch.zeros(4, dtype=torch.int64)}),
    "not a number": lambda w: w["layers.1.weight"].view(-1)[3:4].fill_(float("nan")),
    "infinite": lambda w: w["norm.mean"].fill_(float("inf")),
    "zero deviation": lambda w: w["norm.std"].zero_(),
    "negative deviation": lambda w: w["norm.std"].neg_(),
}


@pytest.mark.parametrize("case", WEIGHTS)
def test_changed_weights_are_refused(path: Path, case: str) -> None:
    rewrite(path, nothing, WEIGHTS[case])
    with pytest.raises(ModelError, match=str(path)):
        load_model(path)


def test_every_truncation_is_refused(path: Path) -> None:
    whole = path.read_bytes()
    for length in {*range(0, len(whole), 97), *range(64), len(whole) - 1}:
        path.write_bytes(whole[:length])
        with pytest.raises(ModelError):
            load_model(path)


def test_a_flipped_bit_in_the_header_never_escapes_as_another_error(path: Path) -> None:
    whole = bytearray(path.read_bytes())
    header = 8 + int.from_bytes(whole[:8], "little")
    for place in range(0, header):
        damaged = bytearray(whole)
        damaged[place] ^= 1 << (place % 7)
        path.write_bytes(damaged)
        try:
            network, _ = load_model(path)
        except ModelError:
            continue
        assert network.shape == (
            1,
            8,
            8,
        )  # a letter of a text changed, or the order of two tensors of one shape


@pytest.mark.parametrize(
    "content", [b"", b"{}", b"\x80\x04\x95pickle", b"\xff" * 64, b"PK\x03\x04" + bytes(99)]
)
def test_foreign_files_are_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "m").write_bytes(content)
    with pytest.raises(ModelError):
        load_model(tmp_path / "m")


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    for place in (tmp_path / "none", tmp_path):
        with pytest.raises(ModelError):
            load_model(place)


def test_tensors_without_a_card_are_refused(tmp_path: Path) -> None:
    save_file({"x": torch.zeros(3)}, tmp_path / "m", metadata={"format": "pt"})
    with pytest.raises(ModelError, match="not a trained model"):
        load_model(tmp_path / "m")


def test_a_deeply_nested_card_is_refused(tmp_path: Path) -> None:
    save_file({"x": torch.zeros(3)}, tmp_path / "m", metadata={KIND: '{"disguise":' + '{"a":' * 100_000})
    with pytest.raises(ModelError):
        load_model(tmp_path / "m")


def test_the_card_names_the_settings(path: Path) -> None:
    network = network_of("mlp")
    how = Settings(network="mlp", options=OPTIONS["mlp"], steps=3)
    save_model(path, network, ModelCard.of(network, settings=how))
    assert read_card(path).settings == how
