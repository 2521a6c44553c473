"""Networks as ONNX files: the same numbers as torch for any number of rows, and an error in words where that fails."""

import stat
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch
from safetensors.torch import load_file

from masquerade.cli.app import run
from masquerade.crafting.shipped import open_split
from masquerade.encoders.shipped import open_encoder
from masquerade.errors import ModelError, UsageError
from masquerade.keys import Key
from masquerade.masknets import read_masknet
from masquerade.networks.classifiers.registry import EVERY_NETWORK, build
from masquerade.owner.onnx_models import CLOSE, Exportable, onnx_bytes, write_onnx
from masquerade.training.model_file import ModelCard, save_model

SHAPES = {"recnet": (24, 4, 4)}
"""Of networks that take feature maps; the others are given small photos."""


@pytest.fixture(autouse=True)
def no_gradients() -> Iterator[None]:
    with torch.no_grad():
        yield


def same(file: Path, inputs: torch.Tensor, *expected: torch.Tensor) -> None:
    session = onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])
    found = session.run(None, {"input": inputs.numpy()})
    assert len(found) == len(expected)
    for theirs, ours in zip(found, expected, strict=True):
        assert theirs.shape == tuple(ours.shape)
        assert np.abs(theirs - ours.numpy()).max() <= CLOSE * max(1.0, float(ours.abs().max()))
        assert np.ptp(theirs) > 0


@pytest.mark.parametrize("name", [each.name for each in EVERY_NETWORK])
def test_a_trained_model_gives_the_same_scores_and_vectors(name: str, tmp_path: Path) -> None:
    torch.manual_seed(3)
    shape = SHAPES.get(name, (3, 32, 32))
    network = build(name, shape, 5).eval()
    save_model(tmp_path / "model", network, ModelCard.of(network))
    write_onnx(tmp_path / "model", tmp_path / "model.onnx")
    for rows in (1, 7):
        images = 255 * torch.rand(rows, *shape)
        same(tmp_path / "model.onnx", images, network(images), network.embed(images))


@pytest.mark.parametrize("name", ["patches", "vit-small@1", "sface"])
def test_an_encoder_gives_the_same_maps(name: str, tmp_path: Path) -> None:
    write_onnx(name, tmp_path / "e.onnx")
    encoder = open_encoder(name)
    images = 255 * torch.rand(5, *encoder.image_shape)
    same(tmp_path / "e.onnx", images, encoder(images))


def test_a_phone_s_part_of_a_split_network_and_the_matrix_after_it(tmp_path: Path) -> None:
    write_onnx("split-1", tmp_path / "split.onnx")
    network = open_split("split-1").network
    photos = torch.rand(3, 3, network.options.side, network.options.side)
    features = network.encode(photos)
    same(tmp_path / "split.onnx", photos, features)
    assert run(["encoder", "edge", "--answers", "answers-1", "-o", str(tmp_path / "edge")]) == 0
    write_onnx(tmp_path / "edge", tmp_path / "edge.onnx")
    flat = 9 * features.flatten(1)
    session = onnxruntime.InferenceSession(str(tmp_path / "edge.onnx"), providers=["CPUExecutionProvider"])
    (code,) = session.run(None, {"input": flat.numpy()})
    lengths = np.linalg.norm(code, axis=1)
    assert (lengths <= 1 + CLOSE).all()
    tensors = load_file(tmp_path / "edge")
    wanted = flat @ tensors["matrix"].T + tensors["bias"]
    same(tmp_path / "edge.onnx", flat, wanted / wanted.norm(dim=1, keepdim=True).clamp(min=1))


def test_a_masknet_gives_the_same_features_and_stays_a_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Key.from_secret(bytes(32)).save(tmp_path / "owner.key")
    assert run(["masknet", "new", "-k", "owner.key", "-o", "mine.masknet"]) == 0
    assert run(["export", "mine.masknet", "--to", "onnx", "-o", "out"]) == 0
    file = tmp_path / "out" / "model.onnx"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    masknet = read_masknet(tmp_path / "mine.masknet").masknet
    images = 255 * torch.rand(2, 3, masknet.structure.size, masknet.structure.size)
    same(file, images, masknet(images))


def test_other_numbers_are_no_export(monkeypatch: pytest.MonkeyPatch) -> None:
    state = {"calls": 0}

    def restless(inputs: torch.Tensor) -> tuple[torch.Tensor, ...]:
        state["calls"] += 1
        return (inputs * state["calls"],)

    with pytest.raises(ModelError, match="other numbers"):
        onnx_bytes(Exportable("restless", restless, (4,), 1.0, ("out",)))


def test_a_fixed_number_of_rows_is_no_export() -> None:
    fixed = Exportable(
        "fixed", lambda x: (x.reshape(len(x) * 4).reshape(len(x), 4) + 1,), (4,), 1.0, ("out",)
    )
    with pytest.raises(ModelError, match="cannot run"):
        onnx_bytes(fixed)


def test_without_the_runtime_it_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    assert run(["export", "patches", "--to", "onnx", "-o", str(tmp_path / "out")]) != 0
    said = capsys.readouterr().err
    assert "onnxruntime" in said
    assert "pip install" in said or "with the extra onnx" in said
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("what", ["nothing-there", "photo.txt"])
def test_what_is_no_network_is_refused(what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("photo.txt").write_text("no network")
    with pytest.raises(UsageError, match="no network that can be exported"):
        write_onnx(what, tmp_path / "m.onnx")


def test_what_stands_there_is_not_replaced_unasked(tmp_path: Path) -> None:
    (tmp_path / "m.onnx").write_text("years of work")
    with pytest.raises(UsageError, match="stands there"):
        write_onnx("patches", tmp_path / "m.onnx")
    write_onnx("patches", tmp_path / "m.onnx", overwrite=True)
    with pytest.raises(UsageError, match="stands there"):
        write_onnx("patches", tmp_path / "m.onnx")
