"""A plain multilayer perceptron, for data whose neighbouring numbers say nothing of each other."""

from itertools import pairwise
from typing import ClassVar, final

from pydantic import Field
from torch import Tensor, nn

from masquerade.networks.classifiers.base import Network, NetworkOptions, Shape


@final
class MLPOptions(NetworkOptions):
    """Options of ``mlp``.

    Args:
        hidden: Units of each hidden layer.
        depth: Number of hidden layers.
        dropout: Share of the hidden units dropped in training.
    """

    hidden: int = Field(512, ge=1, le=16384)
    depth: int = Field(2, ge=1, le=16)
    dropout: float = Field(0.3, ge=0, lt=1)


@final
class MLP(Network):
    """Dense layers with batch normalisation, ReLU and dropout, and a dense head.

    With ``d`` input numbers, ``h`` hidden units and depth 2 it has ``h(d + h + 6) + k(h + 1)`` parameters
    for ``k`` classes.
    """

    name: ClassVar[str] = "mlp"
    summary: ClassVar[str] = "dense layers only, for data without any neighbourhood"
    options_type: ClassVar[type[NetworkOptions]] = MLPOptions

    def __init__(self, shape: Shape, classes: int, options: MLPOptions) -> None:
        super().__init__(shape, classes, options)
        c, h, w = shape
        sizes = [c * h * w] + [options.hidden] * options.depth
        layers: list[nn.Module] = [nn.Flatten()]
        for before, after in pairwise(sizes):
            layers += [
                nn.Linear(before, after),
                nn.BatchNorm1d(after),
                nn.ReLU(),
                nn.Dropout(options.dropout),
            ]
        self.layers = nn.Sequential(*layers)
        self.embedding_size = options.hidden
        self.head = nn.Linear(options.hidden, classes)

    def features(self, images: Tensor) -> Tensor:
        """The last hidden units, ``hidden`` of them."""
        out: Tensor = self.layers(images)
        return out
