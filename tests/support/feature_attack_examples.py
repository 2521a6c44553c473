"""A tiny encoder of real faces, and what an attacker sees of its features."""

from functools import cache

import torch
from torch import Tensor

from masquerade.attacks.base import Labelled, View
from masquerade.crafting import FaceGenerator, FaceGeneratorCard, face_generator_bytes
from masquerade.crafting.trained import TrainedSplit
from masquerade.data import builtin
from masquerade.data.image_set import ImageSet
from masquerade.networks.features.split import SplitNetwork, SplitOptions
from masquerade.networks.features.split_registry import build_split
from masquerade.networks.features.wgan_generator import WGANGenerator, WGANGeneratorOptions

SIDE = 32


@cache
def split() -> SplitNetwork:
    """Random weights, with statistics of batch normalisation that fit faces."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = build_split(SplitOptions(side=SIDE, width=8, attributes=5))
        with torch.no_grad():
            for _ in range(10):
                network(faces().images[::4].float() / 255)
    return network.eval().requires_grad_(False)


def trained_split() -> TrainedSplit:
    return TrainedSplit.of("tiny", split())


@cache
def faces() -> ImageSet:
    grey = builtin.orl(SIDE, SIDE)
    return ImageSet(grey.images.expand(-1, 3, -1, -1).contiguous(), grey.labels, grey.names)


@torch.no_grad()
def features(images: Tensor) -> Tensor:
    return split().encode(images.float() / 255)


def mixed(images: Tensor) -> Tensor:
    """A protection that a decoder of plain features does not see through, and one of its answers does."""
    return 1 - 1.5 * features(images).flip(1)


def view(released: Tensor, **more: object) -> View:
    known = faces()
    public = known.take(torch.arange(200))
    shown: dict[str, object] = {
        "public": Labelled(public.images.float(), public.labels),
        "split": split(),
        "query": mixed,
    }
    return View(released, **{**shown, **more})  # type: ignore[arg-type]


def victims() -> ImageSet:
    return faces().take(torch.arange(200, 400, 5))


@cache
def own_faces() -> tuple[bytes, Tensor]:
    """A tiny generator's file, and photos that it makes."""
    options = WGANGeneratorOptions(latents=4, side=SIDE, start=8, width=4)
    with torch.random.fork_rng():
        torch.manual_seed(1)
        generator = WGANGenerator(options)
        with torch.no_grad():
            for convolution in (weight for weight in generator.parameters() if weight.ndim == 4):
                convolution.mul_(4)  # so that latents differ visibly
            for _ in range(20):
                generator(torch.randn(32, 4))
    network = FaceGenerator(generator.eval())
    with torch.no_grad():
        photos = generator(torch.randn(30, 4, generator=torch.Generator().manual_seed(2)))
    return face_generator_bytes(network, FaceGeneratorCard(name="tiny", generator=options)), photos
