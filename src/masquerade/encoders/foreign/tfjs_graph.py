"""Graphs of TensorFlow.js as torch modules: a JSON file of nodes, and one file of weights.

The format is that of ``tf.loadGraphModel``: ``modelTopology.node`` names operations and their inputs,
``weightsManifest`` says how the constants lie one after another in the file of weights, as float32, int32, or float16.
Nothing is run of what a file holds; an operation that is not among ``OPERATIONS`` is refused by its name.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import prod
from typing import Any, Final, final

import numpy as np
import torch
from torch import Tensor, nn

from masquerade.encoders.foreign.tfjs_ops import OPERATIONS, Operation, unreadable
from masquerade.errors import ModelError

_STORED: Final[dict[str, np.dtype[Any]]] = {
    "float32": np.dtype("<f4"),
    "int32": np.dtype("<i4"),
    "float16": np.dtype("<f2"),
}


Nodes = Mapping[str, Mapping[str, Any]]
"""Nodes of a graph by name."""


@final
@dataclass(frozen=True)
class Step:
    """One operation: its name as a value, what it does, and the names of what it takes."""

    name: str
    operation: Operation
    inputs: tuple[str, ...]
    done: tuple[str, ...] = ()
    """Values that nothing after it needs."""


@final
class TensorGraph(nn.Module):
    """A graph from its one input to one of its values; differentiable, float32, its weights fixed.

    Args:
        nodes: Nodes by name: ``op``, ``input``, ``attr``, as TensorFlow.js writes them.
        constants: The values of its constants, by the node's name.
        output: Name of the node whose value is wanted; what only others need is left out.

    Raises:
        ModelError: If nodes do not fit each other, or are of a kind that is not read here.
    """

    def __init__(self, nodes: Nodes, constants: Mapping[str, Tensor], output: str) -> None:
        super().__init__()
        wanted = _ancestors(nodes, output)
        self._steps = _released(_steps(wanted, constants), output)
        self._input, self._output = _only_input(wanted), output
        self._constants = {name: f"constant_{i}" for i, name in enumerate(sorted(constants))}
        for name, place in self._constants.items():
            self.register_buffer(place, constants[name])

    def forward(self, images: Tensor) -> Tensor:
        """The value of the output for images ``(n, h, w, c)``, in the scale that the graph expects.

        Raises:
            ModelError: If the numbers of the graph do not fit each other or the images.
        """
        values = {name: self.get_buffer(place) for name, place in self._constants.items()}
        values[self._input] = images
        for step in self._steps:
            try:
                values[step.name] = step.operation(*(values[name] for name in step.inputs))
            except (RuntimeError, TypeError, IndexError) as error:
                raise ModelError(
                    "a TensorFlow.js graph whose numbers do not fit",
                    value=str(error).split("\n")[0],
                    place=step.name,
                ) from error
            for name in step.done:
                del values[name]
        return values[self._output]


def tfjs_graph(topology: bytes, weights: bytes, output: str) -> TensorGraph:
    """A graph out of TensorFlow.js's two files.

    Args:
        topology: The JSON file.
        weights: The file of weights.
        output: Name of the node whose value is wanted.

    Raises:
        ModelError: If the files are damaged, do not fit each other, or hold what is not read here.
    """
    nodes, manifest = _read(topology)
    return TensorGraph(nodes, dict(_constants(manifest, weights)), output)


def _read(topology: bytes) -> tuple[dict[str, dict[str, Any]], list[dict[str, Any]]]:
    """Nodes by name, and what the manifest says of each weight."""
    try:
        graph = json.loads(topology)
        nodes = {str(node["name"]): node for node in graph["modelTopology"]["node"]}
        manifest = [weight for group in graph["weightsManifest"] for weight in group["weights"]]
    except (ValueError, LookupError, TypeError, RecursionError) as error:
        raise ModelError(
            "no TensorFlow.js graph", value=type(error).__name__, remedy="Give the package's own file."
        ) from error
    return nodes, manifest


def _constants(manifest: list[dict[str, Any]], weights: bytes) -> Iterator[tuple[str, Tensor]]:
    start = 0
    for weight in manifest:
        stored = weight.get("quantization", {}).get("dtype", weight["dtype"])
        kind = _STORED.get(stored)
        if kind is None:
            raise unreadable("weights stored", stored)
        shape = [int(side) for side in weight["shape"]]
        end = start + prod(shape) * kind.itemsize
        if min(shape, default=1) < 0 or end > len(weights):
            raise ModelError("a file of weights that is cut short", value=weight["name"])
        array = np.frombuffer(weights[start:end], kind).reshape(shape)
        number = torch.from_numpy(array.astype(np.int64 if stored == "int32" else np.float32))
        yield str(weight["name"]), number
        start = end
    if start != len(weights):
        raise ModelError("a file of weights that is longer than its graph says", value=len(weights) - start)


def _sources(node: Mapping[str, Any]) -> tuple[str, ...]:
    """What a node takes: ``name`` or ``name:0``; control inputs carry no value."""
    return tuple(name.split(":")[0] for name in node.get("input", ()) if not name.startswith("^"))


def _ancestors(nodes: Nodes, output: str) -> list[Mapping[str, Any]]:
    """The nodes that the output follows from, each after what it takes.

    Raises:
        ModelError: If a node is missing, or follows from itself.
    """
    order: dict[str, Mapping[str, Any]] = {}
    begun: set[str] = set()
    waiting = [output]
    while waiting:
        name = waiting[-1]
        if name in order:
            waiting.pop()
            continue
        if name not in nodes:
            raise ModelError("a TensorFlow.js graph without a node that is asked for", value=name)
        missing = [each for each in _sources(nodes[name]) if each not in order]
        if missing and name in begun:
            raise ModelError("a TensorFlow.js graph that runs in a circle", value=name)
        begun.add(name)
        waiting += missing
        if not missing:
            order[name] = nodes[name]
    return list(order.values())


def _only_input(nodes: list[Mapping[str, Any]]) -> str:
    found = [str(node["name"]) for node in nodes if node["op"] == "Placeholder"]
    if len(found) != 1:
        raise unreadable("inputs", f"{len(found)} of them, one is expected")
    return found[0]


def _steps(nodes: list[Mapping[str, Any]], constants: Mapping[str, Tensor]) -> Iterator[Step]:
    for node in nodes:
        name, op = str(node["name"]), str(node["op"])
        if op == "Placeholder" or (op == "Const" and name in constants):
            continue
        if op not in OPERATIONS:
            raise unreadable("an operation", f"{op} ({name})")
        try:
            operation = OPERATIONS[op](node.get("attr", {}))
        except (LookupError, TypeError, ValueError) as error:
            raise ModelError("a damaged node in a TensorFlow.js graph", place=name) from error
        yield Step(name, operation, _sources(node))


def _released(steps: Iterator[Step], output: str) -> tuple[Step, ...]:
    """The steps, each with the values of steps before it that it is the last to take."""
    later, reversed_steps = {output}, []
    every = list(steps)
    made = {step.name for step in every}
    for step in reversed(every):
        done = {name for name in step.inputs if name in made and name not in later}
        later |= done
        reversed_steps.append(Step(step.name, step.operation, step.inputs, tuple(sorted(done))))
    return tuple(reversed(reversed_steps))
