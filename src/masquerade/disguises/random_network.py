"""A network of secret random weights that turns tokens into other tokens."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final, Literal, final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from masquerade.keys import KeyStream

Activation = Literal["none", "relu", "leaky", "tanh", "cosine"]

ACTIVATIONS: Final = ("none", "relu", "leaky", "tanh", "cosine")
_SLOPE: Final = 0.2


@final
@dataclass(frozen=True, eq=False, repr=False)
class Layer:
    """Tokens times a matrix, plus a row, then an activation.

    Args:
        weight: ``(d_in, d_out)``; float64 as drawn.
        bias: ``(d_out,)``, or ``(t, d_out)`` with one row for each place.
        activation: What follows.
    """

    weight: Tensor
    bias: Tensor
    activation: Activation

    def __call__(self, tokens: Tensor) -> Tensor:
        """Tokens ``(n, t, d_in)`` to ``(n, t, d_out)``."""
        return activated(tokens @ self.weight + self.bias, self.activation)

    def single(self) -> "Layer":
        """The same in float32."""
        return Layer(self.weight.float(), self.bias.float(), self.activation)

    @property
    def secrets(self) -> list[NDArray[Any]]:
        """The numbers that make up the secret, for a digest."""
        return [self.weight.numpy(), self.bias.numpy()]


def activated(numbers: Tensor, activation: Activation) -> Tensor:
    """The activation of each number; ``leaky`` keeps a fifth of what is below zero."""
    match activation:
        case "relu":
            return numbers.relu()
        case "leaky":
            return functional.leaky_relu(numbers, _SLOPE)
        case "tanh":
            return numbers.tanh()
        case "cosine":
            return numbers.cos()
    return numbers


def uniform_layer(stream: KeyStream, d_in: int, d_out: int, activation: Activation) -> Layer:
    """Weights, row by row, then biases, all from U(-1, 1) / sqrt(d_in): what networks usually start from."""
    drawn = (2.0 * stream.uniform(d_in * d_out + d_out) - 1.0) * d_in**-0.5
    weight, bias = np.split(drawn, [d_in * d_out])
    return Layer(torch.from_numpy(weight.reshape(d_in, d_out)), torch.from_numpy(bias), activation)


def uniform_layers(stream: KeyStream, widths: Sequence[int], activation: Activation) -> list[Layer]:
    """Layers from ``widths[0]`` to ``widths[-1]`` numbers; nothing follows the last."""
    last = len(widths) - 2
    return [
        uniform_layer(stream, d_in, d_out, activation if i < last else "none")
        for i, (d_in, d_out) in enumerate(pairwise(widths))
    ]


def secrets_of(layers: Sequence[Layer]) -> list[NDArray[Any]]:
    """The drawn numbers of all layers."""
    return [numbers for layer in layers for numbers in layer.secrets]


def through(layers: Sequence[Layer], tokens: Tensor) -> Tensor:
    """Tokens after all layers."""
    for layer in layers:
        tokens = layer(tokens)
    return tokens
