"""ResNet-18 cut after its first stage (He et al. 2016), as Crafter's encoder and cloud network."""

from typing import ClassVar, final

from torch import nn

from masquerade.networks.features.split import SplitNetwork, SplitOptions
from masquerade.networks.resnet import BasicBlock


@final
class SplitResNet18(SplitNetwork):
    """The ImageNet stem (7x7, stride 2, pooled) and the first stage on the edge; three stages in the cloud.

    Args:
        options: Sizes; 64x64 photos give features of 64x16x16 at full width.
    """

    architecture: ClassVar[str] = "resnet18"

    def __init__(self, options: SplitOptions) -> None:
        w = options.width
        enc = nn.Sequential(
            nn.Conv2d(3, w, 7, 2, 3, bias=False),
            nn.BatchNorm2d(w),
            nn.ReLU(),
            nn.MaxPool2d(3, 2, 1),
            BasicBlock(w, w, 1),
            BasicBlock(w, w, 1),
        )
        stages = [
            block
            for n in (w, 2 * w, 4 * w)
            for block in (BasicBlock(n, 2 * n, 2), BasicBlock(2 * n, 2 * n, 1))
        ]
        f = nn.Sequential(
            *stages,
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            nn.Dropout(options.dropout),
            nn.Linear(8 * w, options.attributes),
        )
        super().__init__(options, enc, f, (w, options.side // 4, options.side // 4))
