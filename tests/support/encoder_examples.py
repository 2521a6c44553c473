"""A tiny encoder, for tests of what uses encoders."""

import torch

from masquerade.encoders import Encoder, VisionTransformer, ViTEncoder, ViTOptions

TINY = ViTOptions(side=16, patch=4, width=8, heads=2, depth=1)


def tiny_encoder(options: ViTOptions = TINY, seed: int = 0) -> ViTEncoder:
    """An encoder of random weights, always the same ones."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return ViTEncoder("tiny", VisionTransformer(options))


def find_tiny(name: str, digest: str) -> Encoder:
    """Finds the tiny encoder and no other."""
    encoder = tiny_encoder()
    assert (name, digest) == (encoder.name, encoder.digest)
    return encoder
