"""A small TensorFlow graph in two formats and small ONNX networks, made here, for tests of what reads them."""

import json
from base64 import b64decode, b64encode
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

SIDE = 9
OUTPUT = "vector"


def numbers(seed: int, *shape: int) -> np.ndarray:
    """Normal numbers that float16 holds exactly."""
    return np.random.default_rng(seed).normal(size=shape).astype(np.float16).astype(np.float32)


WEIGHTS: dict[str, np.ndarray] = {
    "kernel": numbers(1, 3, 3, 3, 4),
    "shift": numbers(2, 4),
    "depthwise": numbers(3, 3, 3, 4, 1),
    "pointwise": numbers(4, 1, 1, 4, 6),
    "bias": numbers(5, 6),
    "dense": numbers(6, 6, 5),
    "zero": np.zeros((), np.float32),
    "six": np.full((), 6, np.float32),
    "axes": np.array([1, 2], np.int32),
}


def _text(words: str) -> str:
    return b64encode(words.encode()).decode()


def _node(name: str, op: str, *inputs: str, **attributes: object) -> dict[str, Any]:
    return {"name": name, "op": op, "input": list(inputs), "attr": attributes}


def _layout(stride: int, padding: str, *fused: str) -> dict[str, Any]:
    ones = {"list": {"i": ["1", str(stride), str(stride), "1"]}}
    return {
        "strides": ones,
        "padding": {"s": _text(padding)},
        "data_format": {"s": _text("NHWC")},
        "fused_ops": {"list": {"s": [_text(each) for each in fused]}},
    }


def nodes() -> list[dict[str, Any]]:
    """A graph of what recognisers are made of, and a node that the vector does not need."""
    constants = [_node(name, "Const") for name in WEIGHTS]
    return [
        *constants,
        _node("photo", "Placeholder"),
        _node("conv", "Conv2D", "photo", "kernel", **_layout(2, "SAME")),
        _node("shifted", "AddV2", "conv", "shift"),
        _node("low", "Minimum", "shifted", "six"),
        _node("bounded", "Maximum", "low:0", "zero"),
        _node("deep", "DepthwiseConv2dNative", "bounded", "depthwise", **_layout(1, "VALID")),
        _node("wide", "_FusedConv2D", "deep", "pointwise", "bias", **_layout(1, "SAME", "BiasAdd", "Relu")),
        _node("mean", "Mean", "wide", "axes", keep_dims={"b": False}),
        _node(OUTPUT, "MatMul", "mean", "dense"),
        _node("guess", "Erf", OUTPUT),
    ]


def tfjs_files(graph: list[dict[str, Any]] | None = None, **stored: str) -> tuple[bytes, bytes]:
    """The JSON file and the file of weights; ``stored`` names how a weight is kept."""
    manifest, data = [], b""
    for name, array in WEIGHTS.items():
        entry: dict[str, Any] = {"name": name, "shape": list(array.shape), "dtype": str(array.dtype)}
        kept = stored.get(name, str(array.dtype))
        if kept != entry["dtype"]:
            entry["quantization"] = {"dtype": kept}
        data += array.astype(kept).tobytes()
        manifest.append(entry)
    topology = {
        "modelTopology": {"node": nodes() if graph is None else graph},
        "weightsManifest": [{"paths": ["tiny.bin"], "weights": manifest}],
    }
    return json.dumps(topology).encode(), data


def expected(photos: Tensor) -> Tensor:
    """What the graph gives for photos ``(n, 9, 9, 3)``, written out in torch."""
    weights = {name: torch.from_numpy(array.astype(np.float32)) for name, array in WEIGHTS.items()}
    maps = functional.pad(photos.permute(0, 3, 1, 2), (1, 1, 1, 1))
    maps = functional.conv2d(maps, weights["kernel"].permute(3, 2, 0, 1), stride=2)
    maps = (maps + weights["shift"][:, None, None]).clamp(0, 6)
    maps = functional.conv2d(maps, weights["depthwise"].permute(2, 3, 0, 1), groups=4)
    maps = functional.conv2d(maps, weights["pointwise"].permute(3, 2, 0, 1), weights["bias"]).relu()
    return maps.mean((2, 3)) @ weights["dense"]


def frozen_file(
    graph: list[dict[str, Any]] | None = None, weights: dict[str, np.ndarray] | None = None
) -> bytes:
    """The same graph, or another, as a ``GraphDef``: constants as bytes, single numbers in a field of their own."""
    kept = WEIGHTS if weights is None else weights
    return b"".join(_field(1, _frozen_node(each, kept)) for each in (nodes() if graph is None else graph))


def _varint(number: int) -> bytes:
    number &= (1 << 64) - 1
    low = []
    while number > 0x7F:
        low.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*low, number])


def _field(number: int, value: bytes | int) -> bytes:
    if isinstance(value, int):
        return _varint(number << 3) + _varint(value)
    return _varint(number << 3 | 2) + _varint(len(value)) + value


def _frozen_node(node: dict[str, Any], kept: dict[str, np.ndarray]) -> bytes:
    words = _field(1, node["name"].encode()) + _field(2, node["op"].encode())
    words += b"".join(_field(3, each.encode()) for each in node.get("input", []))
    attributes = {name: _frozen_value(value) for name, value in node.get("attr", {}).items()}
    if node["op"] == "Const":
        attributes["value"] = _field(8, _frozen_tensor(kept[node["name"]]))
    for name, value in attributes.items():
        words += _field(5, _field(1, name.encode()) + _field(2, value))
    return words


def _frozen_value(value: dict[str, Any]) -> bytes:
    if "list" in value:
        numbers = b"".join(_varint(int(each)) for each in value["list"].get("i", []))
        texts = b"".join(_field(2, b64decode(each)) for each in value["list"].get("s", []))
        return _field(1, texts + (_field(3, numbers) if numbers else b""))
    if "s" in value:
        return _field(2, b64decode(value["s"]))
    if "f" in value:
        return _varint(4 << 3 | 5) + np.float32(value["f"]).tobytes()
    return _field(5, int(value["b"]))


def _frozen_tensor(array: np.ndarray) -> bytes:
    shape = b"".join(_field(2, _field(1, side)) for side in array.shape)
    words = _field(1, 1 if array.dtype == np.float32 else 3) + _field(2, shape)
    if array.size > 1:
        return words + _field(4, array.tobytes())
    if array.dtype == np.float32:
        return words + _varint(5 << 3 | 5) + array.tobytes()
    return words + _field(7, _varint(int(array.item())))


def onnx_network_file(path: Path, operation: str = "Conv") -> Path:
    """A file of two convolutions, a shortcut and vectors of 32 numbers, saved for one photo of 4 by 4."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    shapes = {"first": (2, 3, 3, 3), "second": (2, 1, 3, 3), "bias": (2,), "slopes": (2, 1, 1)}
    weights = [
        numpy_helper.from_array(numbers(8 + i, *shape), name)
        for i, (name, shape) in enumerate(shapes.items())
    ]
    steps = [
        helper.make_node(operation, ["photo", "first", "bias"], ["a"], pads=[1, 1, 1, 1]),
        helper.make_node("PRelu", ["a", "slopes"], ["b"]),
        helper.make_node("Conv", ["b", "second"], ["c"], pads=[1, 1, 1, 1], group=2),
        helper.make_node("Add", ["b", "c"], ["d"]),
        helper.make_node("Relu", ["d"], ["e"]),
        helper.make_node("Reshape", ["e", "shape"], ["y"]),
    ]
    graph = helper.make_graph(
        steps,
        "tiny",
        [helper.make_tensor_value_info("photo", TensorProto.FLOAT, (1, 3, 4, 4))],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, (1, 32))],
        [*weights, numpy_helper.from_array(np.array([1, 32]), "shape")],
    )
    onnx.save_model(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), path)
    return path


def onnx_recogniser(
    path: Path, shape: tuple[int | str, ...] = ("n", 3, 112, 112), scales: bool = False
) -> Path:
    """A file whose vectors are 16 mixtures of the mean of each channel."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    mix = np.random.default_rng(7).normal(size=(16, 3, 1, 1)).astype(np.float32)
    steps = [
        ("Conv", ["x", "mix"], "maps"),
        ("GlobalAveragePool", ["maps"], "means"),
        ("Flatten", ["means"], "y"),
    ]
    if scales:
        first = [("Sub", ["photo", "middle"], "centred"), ("Mul", ["centred", "scale"], "x")]
        steps = [*first, *steps]
    graph = helper.make_graph(
        [helper.make_node(op, inputs, [out]) for op, inputs, out in steps],
        "tiny",
        [helper.make_tensor_value_info("photo" if scales else "x", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, (shape[0], 16))],
        [
            numpy_helper.from_array(mix, "mix"),
            numpy_helper.from_array(np.float32(127.5), "middle"),
            numpy_helper.from_array(np.float32(1 / 127.5), "scale"),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.save_model(model, path)
    return path
