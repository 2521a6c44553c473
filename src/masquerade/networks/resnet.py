"""ResNet-18 for small images (He et al. 2016): a 3x3 stem, no max-pooling before the first stage."""

from typing import ClassVar, Literal, final

from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional

from masquerade.networks.classifiers.base import Network, NetworkOptions, Shape
from masquerade.networks.classifiers.cosine_head import CosineHead

_LARGEST_UNSTRIDED = 48
"""Images with a longer side, in pixels, are strided by the stem: the stages were made for small ones."""


@final
class ResNet18Options(NetworkOptions):
    """Options of ``resnet18``.

    Args:
        width: Maps of the first stage; the next have 2, 4 and 8 times as many. 64 is full size.
        stem_stride: Stride of the stem; by itself 1 up to 48 pixels, 2 above, 4 above 128.
        dropout: Share of the pooled features dropped in training.
        head: Class scores ``linear`` in the pooled features, or their ``cosine`` with a direction for each
            class, times ``scale`` (with ``margin`` in the training settings: CosFace, Wang et al. 2018).
        scale: Largest score of a cosine head.
    """

    width: int = Field(64, ge=1, le=512)
    stem_stride: int | None = Field(None, ge=1, le=8)
    dropout: float = Field(0.0, ge=0, lt=1)
    head: Literal["linear", "cosine"] = "linear"
    scale: float = Field(16.0, gt=0, le=1000)


@final
class BasicBlock(nn.Module):
    """Two 3x3 convolutions beside a shortcut: ``(n, c_in, h, w)`` to ``(n, c_out, h/stride, w/stride)``."""

    def __init__(self, c_in: int, c_out: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(c_in, c_out, 3, stride, 1, bias=False)
        self.norm1 = nn.BatchNorm2d(c_out)
        self.conv2 = nn.Conv2d(c_out, c_out, 3, 1, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(c_out)
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1 or c_in != c_out:
            self.shortcut = nn.Sequential(
                nn.Conv2d(c_in, c_out, 1, stride, bias=False), nn.BatchNorm2d(c_out)
            )

    def forward(self, maps: Tensor) -> Tensor:
        """The block's output maps."""
        inner = functional.relu(self.norm1(self.conv1(maps)))
        return functional.relu(self.norm2(self.conv2(inner)) + self.shortcut(maps))


@final
class ResNet18(Network):
    """Four stages of two basic blocks; 11,173,962 parameters at full width for colour and 10 classes."""

    name: ClassVar[str] = "resnet18"
    summary: ClassVar[str] = "ResNet-18 for small images, any width, the paper's network for CIFAR-10 and LFW"
    options_type: ClassVar[type[NetworkOptions]] = ResNet18Options

    def __init__(self, shape: Shape, classes: int, options: ResNet18Options) -> None:
        super().__init__(shape, classes, options)
        c, h, w = shape
        stride = options.stem_stride or stem_stride(max(h, w))
        width = options.width
        self.stem = nn.Sequential(
            nn.Conv2d(c, width, 3, stride, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU()
        )
        self.stages = nn.Sequential(
            *self._stage(width, width, 1),
            *self._stage(width, 2 * width, 2),
            *self._stage(2 * width, 4 * width, 2),
            *self._stage(4 * width, 8 * width, 2),
        )
        self.embedding_size = 8 * width
        scores = (
            nn.Linear(8 * width, classes)
            if options.head == "linear"
            else CosineHead(8 * width, classes, options.scale)
        )
        self.head = nn.Sequential(nn.Dropout(options.dropout), scores)

    @staticmethod
    def _stage(c_in: int, c_out: int, stride: int) -> tuple[nn.Module, nn.Module]:
        return BasicBlock(c_in, c_out, stride), BasicBlock(c_out, c_out, 1)

    def features(self, images: Tensor) -> Tensor:
        """The last stage's maps, averaged: ``8 * width`` numbers."""
        out: Tensor = self.stages(self.stem(images)).mean((2, 3))
        return out


def stem_stride(side: int) -> int:
    """The stem's stride for images whose longer side has ``side`` pixels."""
    if side <= _LARGEST_UNSTRIDED:
        return 1
    return 2 if side <= 128 else 4
