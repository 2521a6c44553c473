"""Small MaskNets and sources of random weights, for tests of what uses them."""

import torch
from torch import Tensor, nn

from masquerade.masknets import NUMBERS, HyperNetSource
from masquerade.networks.cloaks.hypernet import HyperNet, HyperNetOptions
from masquerade.networks.cloaks.masknet import MaskNet, MaskNetStructure, structure

SMALL = structure("masknet-2", 32)
TINY = HyperNetOptions(structure="masknet-2", size=32, mixer=16, code=8, hidden=8, rank=2, gain_rank=1)


def numbers(seed: int = 0, count: int | None = None) -> Tensor:
    """A user's numbers, or those of several users; always the same ones."""
    drawn = torch.randn(count or 1, NUMBERS, generator=torch.Generator().manual_seed(seed))
    return drawn if count else drawn[0]


def photos(n: int = 3, side: int = 32, seed: int = 2) -> Tensor:
    """Photos of random pixels: uint8 ``(n, 3, side, side)``."""
    random = torch.Generator().manual_seed(seed)
    return torch.randint(0, 256, (n, 3, side, side), generator=random, dtype=torch.uint8)


def masknet(seed: int = 0, sizes: MaskNetStructure = SMALL) -> MaskNet:
    """A MaskNet of random weights, always the same ones."""
    random = torch.Generator().manual_seed(seed)
    shapes = sizes.shapes().items()
    return MaskNet(sizes, {name: 0.1 * torch.randn(shape, generator=random) for name, shape in shapes})


def hypernet(options: HyperNetOptions = TINY, seed: int = 0) -> HyperNet:
    """A hypernetwork of random weights, always the same ones."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return HyperNet(options)


def hypernet_source(classes: int = 5, seed: int = 0) -> HyperNetSource:
    """A tiny hypernetwork as a source, with a classifier."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        classifier = nn.Linear(SMALL.features, classes) if classes else None
    return HyperNetSource("tiny", hypernet(seed=seed), classifier)
