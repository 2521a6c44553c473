"""Split networks by the name of their architecture."""

from masquerade.networks.features.split import SplitNetwork, SplitOptions
from masquerade.networks.features.split_resnet import SplitResNet18
from masquerade.networks.features.split_vgg import SplitVGG16

EVERY_SPLIT: tuple[type[SplitResNet18] | type[SplitVGG16], ...] = (SplitResNet18, SplitVGG16)
"""Every split network that options and files can name."""


def build_split(options: SplitOptions) -> SplitNetwork:
    """A new split network with random weights, drawn from torch's global generator."""
    by_name = {kind.architecture: kind for kind in EVERY_SPLIT}
    return by_name[options.architecture](options)
