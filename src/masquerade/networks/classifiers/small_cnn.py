"""The small convolutional network of the Disguised-Nets paper's MNIST experiments."""

from typing import ClassVar, final

from pydantic import Field
from torch import Tensor, nn

from masquerade.networks.classifiers.base import Network, NetworkOptions, Shape


@final
class SmallCNNOptions(NetworkOptions):
    """Options of ``small-cnn``.

    Args:
        width: Maps of the first convolution; the second has twice as many.
        hidden: Units of the dense layer.
        keep: Share of convolution outputs that dropout keeps in training.
        keep_hidden: Share of dense units that dropout keeps in training.
        grid: Larger feature maps are averaged down to this many rows and columns before the dense layer.
    """

    width: int = Field(32, ge=1, le=1024)
    hidden: int = Field(1024, ge=1, le=16384)
    keep: float = Field(0.8, gt=0, le=1)
    keep_hidden: float = Field(0.6, gt=0, le=1)
    grid: int = Field(8, ge=1, le=64)


@final
class SmallCNN(Network):
    """Two 5x5 convolutions with pooling, a dense layer, a dense head.

    conv5x5-32, pool, conv5x5-64, pool, dense 1024, dense classes; dropout keeps 0.8 of the last maps and 0.6
    of the dense units (Disguised-Nets, MNIST). 3,274,634 parameters for 28x28 grey images of 10 classes.
    """

    name: ClassVar[str] = "small-cnn"
    summary: ClassVar[str] = "two 5x5 convolutions and a dense layer, the paper's MNIST network"
    options_type: ClassVar[type[NetworkOptions]] = SmallCNNOptions

    def __init__(self, shape: Shape, classes: int, options: SmallCNNOptions) -> None:
        super().__init__(shape, classes, options)
        c, h, w = shape
        rows, columns = (min(-(-side // 4), options.grid) for side in (h, w))
        self.maps = nn.Sequential(
            nn.Conv2d(c, options.width, 5, padding=2),
            nn.ReLU(),
            nn.MaxPool2d(2, ceil_mode=True),
            nn.Conv2d(options.width, 2 * options.width, 5, padding=2),
            nn.ReLU(),
            nn.MaxPool2d(2, ceil_mode=True),
            nn.AdaptiveAvgPool2d((rows, columns)),
        )
        self.dense = nn.Sequential(
            nn.Flatten(),
            nn.Dropout(1 - options.keep),
            nn.Linear(2 * options.width * rows * columns, options.hidden),
            nn.ReLU(),
        )
        self.embedding_size = options.hidden
        self.head = nn.Sequential(nn.Dropout(1 - options.keep_hidden), nn.Linear(options.hidden, classes))

    def features(self, images: Tensor) -> Tensor:
        """The dense units, ``hidden`` of them."""
        out: Tensor = self.dense(self.maps(images))
        return out
