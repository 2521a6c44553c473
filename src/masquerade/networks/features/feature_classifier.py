"""A small classifier of features: TIPRDC's adversary, and what scores channels for Disco's pruner."""

from typing import final

from torch import Tensor, nn

from masquerade.networks.resnet import BasicBlock


@final
class FeatureClassifier(nn.Module):
    """Two strided residual blocks, pooled, and a linear layer.

    Args:
        channels: Of the features.
        width: Maps of the first block; the second has twice as many.
        classes: Scores that it gives.
    """

    def __init__(self, channels: int, width: int, classes: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            BasicBlock(channels, width, 2),
            BasicBlock(width, 2 * width, 2),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            nn.Linear(2 * width, classes),
        )

    def forward(self, features: Tensor) -> Tensor:
        """Scores ``(n, classes)`` of features ``(n, channels, h, w)``."""
        scores: Tensor = self.layers(features)
        return scores
