"""ONNX graphs of convolutional recognisers as torch modules, so that a cloak can be optimised against them.

``onnx_recogniser`` runs any graph, without gradients; here few operations are known, and any other is refused by name.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, final

import torch
from torch import Tensor, nn
from torch.nn import functional

from masquerade.encoders.foreign.onnx_graph import graph_of
from masquerade.errors import ModelError

Attributes = Mapping[str, Any]
Operation = Callable[..., Tensor]


@final
class OnnxNetwork(nn.Module):
    """A graph of one input and one output; differentiable, float32, its weights fixed.

    Args:
        data: An ONNX file that keeps its numbers in itself; it is taken for hostile.
        place: What messages call it.

    Raises:
        ModelError: If it is no such file, or holds an operation that is not read here.
        StudyError: If the package that reads it is not installed.
    """

    def __init__(self, data: bytes, place: str) -> None:
        super().__init__()
        import onnx  # here, since few need it; graph_of says so where it is missing

        graph = graph_of(data, place)
        weights = {each.name: onnx.numpy_helper.to_array(each) for each in graph.initializer}
        self._steps: list[tuple[Operation, tuple[str, ...], str]] = []
        for node in graph.node:
            told = {each.name: onnx.helper.get_attribute_value(each) for each in node.attribute}
            if node.op_type not in _OPERATIONS:
                raise ModelError(
                    "an ONNX graph with an operation that is not read", value=node.op_type, place=place
                )
            self._steps.append((_OPERATIONS[node.op_type](told), tuple(node.input), node.output[0]))
        self._input = next(each.name for each in graph.input if each.name not in weights)
        self._output = graph.output[0].name
        self._places = {name: f"weight_{i}" for i, name in enumerate(weights)}
        for name, array in weights.items():
            self.register_buffer(self._places[name], torch.from_numpy(array.copy()))

    def forward(self, images: Tensor) -> Tensor:
        """The output for images ``(n, 3, h, w)``, in the scale that the graph expects."""
        values = {name: self.get_buffer(place) for name, place in self._places.items()}
        values[self._input] = images
        for operation, inputs, output in self._steps:
            values[output] = operation(*(values[name] for name in inputs))
        return values[self._output]


def _convolution(attributes: Attributes) -> Operation:
    strides, groups = attributes.get("strides", [1, 1]), attributes.get("group", 1)
    top, left, bottom, right = attributes.get("pads", [0, 0, 0, 0])
    dilations = attributes.get("dilations", [1, 1])
    if (top, left) != (bottom, right):
        raise ModelError("an ONNX graph with uneven margins", value=(top, left, bottom, right))

    def apply(maps: Tensor, weights: Tensor, bias: Tensor | None = None) -> Tensor:
        return functional.conv2d(maps, weights, bias, strides, (top, left), dilations, groups)

    return apply


def _flat(maps: Tensor, shape: Tensor) -> Tensor:
    """Vectors out of maps; graphs that were saved for one photo say so, and take several all the same."""
    return maps.flatten(1)


_OPERATIONS: Final[Mapping[str, Callable[[Attributes], Operation]]] = {
    "Add": lambda attributes: torch.add,
    "Conv": _convolution,
    "PRelu": lambda attributes: lambda maps, slopes: functional.prelu(maps, slopes.flatten()),
    "Relu": lambda attributes: functional.relu,
    "Reshape": lambda attributes: _flat,
}
