"""VGG16 cut after its second stage (Simonyan and Zisserman 2015), as Crafter's encoder and cloud network."""

from typing import ClassVar, Final, final

from torch import nn

from masquerade.networks.features.split import SplitNetwork, SplitOptions

_STAGES: Final = ((1, 2), (2, 2), (4, 3), (8, 3), (8, 3))
"""Maps in units of the width, and convolutions, of each stage."""
_CUT: Final = 2


@final
class SplitVGG16(SplitNetwork):
    """3x3 convolutions with batch normalisation; two stages on the edge, three in the cloud, then one full layer.

    The published full layers of 4,096 numbers are left out: the maps are averaged instead.

    Args:
        options: Sizes; 64x64 photos give features of 128x16x16 at full width.
    """

    architecture: ClassVar[str] = "vgg16"

    def __init__(self, options: SplitOptions) -> None:
        w, c = options.width, 3
        stages: list[nn.Module] = []
        for number, (factor, convolutions) in enumerate(_STAGES):
            last = number == len(_STAGES) - 1
            stages.append(_stage(c, factor * w, convolutions, pooled=not last))
            c = factor * w
        f = nn.Sequential(
            *stages[_CUT:],
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            nn.Dropout(options.dropout),
            nn.Linear(c, options.attributes),
        )
        shape = (2 * w, options.side // 4, options.side // 4)
        super().__init__(options, nn.Sequential(*stages[:_CUT]), f, shape)


def _stage(c_in: int, c_out: int, convolutions: int, *, pooled: bool) -> nn.Sequential:
    modules: list[nn.Module] = []
    for _ in range(convolutions):
        modules += [nn.Conv2d(c_in, c_out, 3, 1, 1, bias=False), nn.BatchNorm2d(c_out), nn.ReLU()]
        c_in = c_out
    if pooled:
        modules.append(nn.MaxPool2d(2, ceil_mode=True))
    return nn.Sequential(*modules)
