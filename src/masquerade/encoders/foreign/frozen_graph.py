"""Frozen graphs of TensorFlow (``GraphDef``, a protocol buffer) as torch modules.

Only what recognisers need is decoded of a file: names, operations, inputs, numbers and constants. The rest goes the way
of TensorFlow.js graphs, whose nodes say the same in JSON.
"""

from base64 import b64encode
from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import torch
from torch import Tensor

from masquerade.encoders.foreign.tfjs_graph import TensorGraph
from masquerade.encoders.foreign.tfjs_ops import unreadable
from masquerade.errors import ModelError

_WHOLE, _EIGHT, _BYTES, _FOUR = 0, 1, 2, 5
"""How a field is stored: a number of seven bits a byte, eight bytes, a length and bytes, four bytes."""
_KINDS: Final[dict[int, np.dtype[Any]]] = {1: np.dtype("<f4"), 3: np.dtype("<i4")}
"""Types of tensors that are read, by TensorFlow's number."""
_LARGEST: Final = 1 << 26
"""Numbers of a constant: one that is stored as a single number may claim any size."""


def frozen_graph(data: bytes, output: str) -> TensorGraph:
    """A graph out of a frozen ``.pb`` file.

    Args:
        data: The file, which is taken for hostile.
        output: Name of the node whose value is wanted.

    Raises:
        ModelError: If the file is damaged, or holds what is not read here.
    """
    nodes: dict[str, dict[str, Any]] = {}
    constants: dict[str, Tensor] = {}
    try:
        for field, value in _fields(data):
            if field == 1:
                name, node, constant = _node(value)
                nodes[name] = node
                if constant is not None:
                    constants[name] = constant
    except (IndexError, KeyError, TypeError, UnicodeDecodeError, ValueError) as error:
        raise ModelError("no frozen TensorFlow graph", value=type(error).__name__) from error
    return TensorGraph(nodes, constants, output)


def _fields(data: bytes) -> Iterator[tuple[int, Any]]:
    """The fields of a message: number and value."""
    place = 0
    while place < len(data):
        tag, place = _number(data, place)
        field, stored = tag >> 3, tag & 7
        if stored == _WHOLE:
            value, place = _number(data, place)
            yield field, value
            continue
        if stored not in (_EIGHT, _BYTES, _FOUR):
            raise ValueError(stored)
        length, place = _number(data, place) if stored == _BYTES else ({_EIGHT: 8, _FOUR: 4}[stored], place)
        if place + length > len(data):
            raise ValueError(length)
        yield field, data[place : place + length]
        place += length


def _number(data: bytes, place: int) -> tuple[int, int]:
    """A number of seven bits a byte, the lowest first, and where it ends."""
    found = 0
    for shift in range(0, 70, 7):
        byte = data[place]
        place += 1
        found |= (byte & 0x7F) << shift
        if byte < 0x80:
            return found, place
    raise ValueError(found)


def _node(data: bytes) -> tuple[str, dict[str, Any], Tensor | None]:
    name, operation, inputs, attributes, constant = "", "", [], {}, None
    for field, value in _fields(data):
        if field == 1:
            name = value.decode()
        elif field == 2:
            operation = value.decode()
        elif field == 3:
            inputs.append(value.decode())
        elif field == 5:
            entry = dict(_fields(value))
            key, told = entry[1].decode(), entry.get(2, b"")
            if key == "value":
                constant = _tensor(dict(_fields(told))[8])
            else:
                attributes[key] = _attribute(told)
    return name, {"name": name, "op": operation, "input": inputs, "attr": attributes}, constant


def _attribute(data: bytes) -> dict[str, Any]:
    """A text, a number, a truth, or a list of texts or whole numbers, as TensorFlow.js writes it; no others."""
    found: dict[str, Any] = {}
    for field, value in _fields(data):
        if field == 1:
            words = [b64encode(word).decode("ascii") for number, word in _fields(value) if number == 2]
            found["list"] = {"i": _whole_numbers(value), "s": words}
        elif field == 2:
            found["s"] = b64encode(value).decode("ascii")
        elif field == 4:
            found["f"] = float(np.frombuffer(value, "<f4")[0])
        elif field == 5:
            found["b"] = bool(value)
    return found


def _whole_numbers(data: bytes) -> list[int]:
    """Those of a list."""
    return [each for field, value in _fields(data) if field == 3 for each in _numbers(value)]


def _numbers(value: int | bytes) -> list[int]:
    """One number, or those that are packed into one field."""
    if isinstance(value, int):
        return [value]
    found, place = [], 0
    while place < len(value):
        number, place = _number(value, place)
        found.append(number)
    return found


def _tensor(data: bytes) -> Tensor:
    kind, shape, stored = 0, [], b""
    for field, value in _fields(data):
        if field == 1:
            kind = value
        elif field == 2:
            shape = [int(dict(_fields(side)).get(1, 0)) for number, side in _fields(value) if number == 2]
        elif field == 4:
            stored = value
        elif field == 5:
            stored += value
        elif field == 7:
            stored += b"".join((each & 0xFFFFFFFF).to_bytes(4, "little") for each in _numbers(value))
    if kind not in _KINDS:
        raise unreadable("a constant of type", kind)
    numbers = np.frombuffer(stored, _KINDS[kind])
    many = int(np.prod(shape))
    if len(numbers) not in (1, many) or many > _LARGEST:
        raise ValueError(len(numbers))
    array = np.broadcast_to(numbers, many).reshape(shape) if len(numbers) == 1 else numbers.reshape(shape)
    return torch.from_numpy(array.astype(np.int64 if kind != 1 else np.float32))
