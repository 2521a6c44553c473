"""Networks for use alone: batch normalisation becomes part of the convolution before it."""

from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval


def folded(network: nn.Sequential) -> nn.Sequential:
    """A network of the same results, up to rounding, in evaluation mode, with fewer passes over memory.

    Args:
        network: Layers, in evaluation mode; nested ones are folded too. It is left as it is.
    """
    layers: list[nn.Module] = []
    for layer in network:
        before = layers[-1] if layers else None
        if isinstance(layer, nn.Sequential):
            layers.append(folded(layer))
        elif isinstance(layer, nn.BatchNorm2d) and isinstance(before, nn.Conv2d):
            layers[-1] = fuse_conv_bn_eval(before, layer)
        else:
            layers.append(layer)
    return nn.Sequential(*layers).eval()
