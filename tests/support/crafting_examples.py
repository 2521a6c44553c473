"""A tiny generator and encoder whose latents, Hessians and features fit on a page."""

import torch
from torch import Generator, Tensor

from masquerade.crafting.reconstruction import LatentDecoder
from masquerade.networks.features.split import SplitNetwork, SplitOptions
from masquerade.networks.features.split_registry import build_split
from masquerade.networks.features.wgan_generator import WGANGenerator, WGANGeneratorOptions

LATENTS = 6
GENERATOR = WGANGeneratorOptions(latents=LATENTS, side=16, start=4, width=4)
SPLIT = SplitOptions(side=16, width=8, attributes=5)


def tiny_networks(split: SplitOptions = SPLIT) -> tuple[WGANGenerator, SplitNetwork]:
    """Random weights, float64, with statistics of batch normalisation that fit them."""
    with torch.random.fork_rng():
        torch.manual_seed(3)
        generator, network = WGANGenerator(GENERATOR).double(), build_split(split).double()
        with torch.no_grad():
            for _ in range(20):
                network.encode(generator(torch.randn(32, LATENTS, dtype=torch.float64)))
    return generator.eval(), network.eval()


def tiny(*, plain: bool = False, split: SplitOptions = SPLIT) -> LatentDecoder:
    return LatentDecoder(*tiny_networks(split), LATENTS, plain=plain)


def normal(*size: int, seed: int = 0) -> Tensor:
    return torch.randn(size, generator=Generator().manual_seed(seed), dtype=torch.float64)


def near_manifold(rebuild: LatentDecoder, latents: Tensor, noise: float = 0.05) -> Tensor:
    """Features of latents with a little added that no latent explains."""
    with torch.no_grad():
        features = rebuild.features(latents)
    return features + noise * features.std() * normal(*features.shape, seed=9)
