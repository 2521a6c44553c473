"""Class scores by direction alone, as recognition compares people."""

from typing import final

import torch
from torch import Tensor, nn
from torch.nn import functional


@final
class CosineHead(nn.Module):
    """The cosine of a vector with a learnt direction for each class, times a scale.

    Args:
        size: Numbers of a vector.
        classes: Number of classes.
        scale: Score of a vector that lies in a class's direction.
    """

    def __init__(self, size: int, classes: int, scale: float) -> None:
        super().__init__()
        self.scale = scale
        self.weight = nn.Parameter(torch.randn(classes, size) / size**0.5)

    def forward(self, vectors: Tensor) -> Tensor:
        """Vectors ``(n, size)`` in, scores ``(n, classes)`` of ``-scale`` to ``scale`` out."""
        cosines = functional.linear(functional.normalize(vectors), functional.normalize(self.weight))
        return self.scale * cosines
