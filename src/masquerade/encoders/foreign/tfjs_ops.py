"""The operations of TensorFlow.js graphs that recognisers are made of, in torch, on maps ``(n, h, w, c)``.

Each row of ``OPERATIONS`` makes, from a node's attributes, what is applied to its inputs. Gradients pass through all.
"""

from base64 import b64decode
from collections.abc import Callable, Mapping
from typing import Any, Final

import torch
from torch import Tensor
from torch.nn import functional

from masquerade.errors import ModelError

Attributes = Mapping[str, Any]
Operation = Callable[..., Tensor]
Maker = Callable[[Attributes], Operation]


def text(attributes: Attributes, name: str) -> str:
    """A text among a node's attributes, which stands there in base64; empty where there is none."""
    return b64decode(attributes.get(name, {}).get("s", "")).decode("ascii")


def texts(attributes: Attributes, name: str) -> list[str]:
    """A list of texts among a node's attributes."""
    return [b64decode(each).decode("ascii") for each in attributes.get(name, {}).get("list", {}).get("s", [])]


def _strides(attributes: Attributes) -> tuple[int, int]:
    found = [int(each) for each in attributes["strides"]["list"]["i"]]
    if len(found) != 4 or found[0] != 1 or found[3] != 1:
        raise unreadable("strides", found)
    dilations = [int(each) for each in attributes.get("dilations", {}).get("list", {}).get("i", [])]
    if any(each != 1 for each in dilations):
        raise unreadable("dilations", dilations)
    return found[1], found[2]


_PADDINGS: Final = ("SAME", "VALID")


def unreadable(what: str, value: object) -> ModelError:
    """A graph that holds what is not read here."""
    return ModelError(
        f"a TensorFlow.js graph with {what} that cannot be read",
        value=value,
        remedy="Take another recogniser; those that are read are in `masquerade recogniser list`.",
    )


def _padded(maps: Tensor, kernel: tuple[int, int], strides: tuple[int, int], padding: str) -> Tensor:
    """Maps ``(n, c, h, w)`` with TensorFlow's margins: of an odd number, the larger half comes last."""
    if padding == "VALID":
        return maps
    margins: list[int] = []
    for side, reach, stride in zip(
        reversed(maps.shape[2:]), reversed(kernel), reversed(strides), strict=True
    ):
        whole = max((-(-side // stride) - 1) * stride + reach - side, 0)
        margins += [whole // 2, whole - whole // 2]
    return functional.pad(maps, margins)


def _convolution(attributes: Attributes, *, depthwise: bool) -> Operation:
    strides, padding = _strides(attributes), text(attributes, "padding")
    if text(attributes, "data_format") not in ("NHWC", ""):
        raise unreadable("maps laid out", text(attributes, "data_format"))
    if padding not in _PADDINGS:
        raise unreadable("margins", padding)
    finish = _finishing(attributes)

    def apply(maps: Tensor, weights: Tensor, *more: Tensor) -> Tensor:
        groups, kernel = 1, (weights.shape[0], weights.shape[1])
        if (*kernel, *strides) == (1, 1, 1, 1) and not depthwise:
            return finish(maps @ weights[0, 0], *more)  # what convolves is slower here
        if depthwise:
            groups = weights.shape[2]
            weights = weights.reshape(*kernel, 1, -1)
        channels_first = _padded(maps.permute(0, 3, 1, 2), kernel, strides, padding)
        out = functional.conv2d(channels_first, weights.permute(3, 2, 0, 1), stride=strides, groups=groups)
        return finish(out.permute(0, 2, 3, 1), *more)

    return apply


def _finishing(attributes: Attributes) -> Operation:
    """What fused nodes do last: a bias, a bound."""
    steps = texts(attributes, "fused_ops")
    if unknown := [each for each in steps if each not in ("BiasAdd", *_BOUNDS)]:
        raise unreadable("fused steps", ", ".join(unknown))

    def apply(maps: Tensor, *more: Tensor) -> Tensor:
        for step in steps:
            maps = maps + more[0] if step == "BiasAdd" else _BOUNDS[step](maps)
        return maps

    return apply


_BOUNDS: Final[Mapping[str, Callable[[Tensor], Tensor]]] = {
    "Relu": functional.relu,
    "Relu6": functional.relu6,
}


def _pooling(pool: Callable[..., Tensor]) -> Maker:
    """Largest or mean value of each window, over whole windows alone."""

    def make(attributes: Attributes) -> Operation:
        strides, window = _strides(attributes), [int(each) for each in attributes["ksize"]["list"]["i"]]
        if text(attributes, "padding") != "VALID" or window[0] != 1 or window[3] != 1:
            raise unreadable("windows", window)
        return lambda maps: pool(maps.permute(0, 3, 1, 2), window[1:3], strides).permute(0, 2, 3, 1)

    return make


def _normalised(attributes: Attributes) -> Operation:
    """Batch normalisation by fixed means and variances."""
    epsilon = float(attributes["epsilon"]["f"])

    def apply(maps: Tensor, scale: Tensor, offset: Tensor, mean: Tensor, variance: Tensor) -> Tensor:
        return (maps - mean) / torch.sqrt(variance + epsilon) * scale + offset

    return apply


def _joined(*parts: Tensor) -> Tensor:
    """Maps one behind the other along the axis that stands last."""
    return torch.cat(parts[:-1], int(parts[-1]))


def _product(attributes: Attributes) -> Operation:
    transposed = [bool(attributes.get(f"transpose_{side}", {}).get("b", False)) for side in "ab"]
    finish = _finishing(attributes)

    def apply(a: Tensor, b: Tensor, *more: Tensor) -> Tensor:
        first, second = (m.T if turn else m for m, turn in zip((a, b), transposed, strict=True))
        return finish(first @ second, *more)

    return apply


def _over_axes(reduce: Callable[[Tensor, list[int], bool], Tensor]) -> Maker:
    def make(attributes: Attributes) -> Operation:
        kept = bool(attributes.get("keep_dims", {}).get("b", False))
        return lambda maps, axes: reduce(maps, axes.flatten().tolist(), kept)

    return make


def _squeeze(attributes: Attributes) -> Operation:
    axes = [int(each) for each in attributes.get("squeeze_dims", {}).get("list", {}).get("i", [])]
    return lambda maps: maps.squeeze(tuple(axes)) if axes else maps.squeeze()


def _margins(maps: Tensor, margins: Tensor) -> Tensor:
    """TensorFlow names margins from the first axis on, torch from the last."""
    return functional.pad(maps, [int(each) for pair in reversed(margins.tolist()) for each in pair])


def _reshaped(maps: Tensor, shape: Tensor) -> Tensor:
    return maps.reshape([int(each) for each in shape.tolist()])


def _plain(operation: Operation) -> Maker:
    return lambda attributes: operation


OPERATIONS: Final[Mapping[str, Maker]] = {
    "Conv2D": lambda attributes: _convolution(attributes, depthwise=False),
    "_FusedConv2D": lambda attributes: _convolution(attributes, depthwise=False),
    "DepthwiseConv2dNative": lambda attributes: _convolution(attributes, depthwise=True),
    "FusedDepthwiseConv2dNative": lambda attributes: _convolution(attributes, depthwise=True),
    "MatMul": _product,
    "_FusedMatMul": _product,
    "Mean": _over_axes(lambda maps, axes, kept: maps.mean(axes, keepdim=kept)),
    "Sum": _over_axes(lambda maps, axes, kept: maps.sum(axes, keepdim=kept)),
    "Squeeze": _squeeze,
    "MaxPool": _pooling(functional.max_pool2d),
    "AvgPool": _pooling(functional.avg_pool2d),
    "FusedBatchNorm": _normalised,
    "ConcatV2": _plain(_joined),
    "Pad": _plain(_margins),
    "Reshape": _plain(_reshaped),
    "Add": _plain(torch.add),
    "AddV2": _plain(torch.add),
    "BiasAdd": _plain(torch.add),
    "Sub": _plain(torch.sub),
    "Mul": _plain(torch.mul),
    "Minimum": _plain(torch.minimum),
    "Maximum": _plain(torch.maximum),
    "Relu": _plain(functional.relu),
    "Relu6": _plain(functional.relu6),
    "Abs": _plain(torch.abs),
    "Square": _plain(torch.square),
    "Rsqrt": _plain(torch.rsqrt),
    "Sigmoid": _plain(torch.sigmoid),
    "Identity": _plain(lambda maps: maps),
}
"""Every operation that is read."""
