"""Small sources, recognisers and faces, for tests of cloaks."""

from collections.abc import Mapping
from math import prod

import torch
from torch import Tensor, nn

from crafter_disguise_examples import (
    find_answers,
    find_bank,
    find_crafter,
    find_split,
    tiny_faces,
)
from encoder_examples import find_tiny
from masquerade.crafting.trained import TrainedFaceGenerator
from masquerade.disguises import Finders, untrained
from masquerade.encoders.base import digest_of
from masquerade.encoders.recogniser import Recogniser
from masquerade.masknets import MaskNetSource
from masquerade.masknets.generator import TrainedGenerator
from masquerade.networks.cloaks.cloak_generator import CloakGenerator, CloakGeneratorOptions
from masquerade.networks.cloaks.masknet import structure

SMALL = untrained("masknet-1", 16)
"""A source of MaskNets that look at 16x16 pixels."""


class Classified(MaskNetSource):
    """One MaskNet of fixed weights for all, with a classifier of 20 classes."""

    def __init__(self, size: int = 32) -> None:
        classifier = nn.Linear(256, 20)
        with torch.no_grad():
            classifier.weight.copy_(fixed((20, 256), 3) / 16)
            classifier.bias.zero_()
        super().__init__("classified", "c" * 64, structure("masknet-1", size), classifier)

    def weights(self, numbers: Tensor) -> Mapping[str, Tensor]:
        """The same whatever the numbers."""
        del numbers
        shapes = self.structure.shapes()
        return {name: fixed(shape, 5) * (2 / prod(shape[1:])) ** 0.5 for name, shape in shapes.items()}


class TinyRecogniser(Recogniser):
    """A random network of two convolutions; it tells nobody apart, but gradients flow through it."""

    def __init__(self, seed: int = 0, side: int = 16, *, differentiable: bool = True) -> None:
        digest = digest_of([f"tiny {seed} {side}"], {})
        super().__init__(f"tiny-{seed}", side, 16, digest, differentiable=differentiable)
        self._first = fixed((8, 3, 4, 4), seed) / 7
        self._second = fixed((16, 8, 4, 4), seed + 100) / 11

    def vectors(self, images: Tensor) -> Tensor:
        """Means of two layers of features."""
        maps = torch.conv2d(images / 127.5 - 1, self._first, stride=2).relu()
        return torch.conv2d(maps, self._second, stride=2).mean((2, 3))


def fixed(shape: tuple[int, ...], seed: int) -> Tensor:
    """Normal numbers, always the same ones."""
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def smooth_photos(n: int, side: int = 32, seed: int = 7) -> Tensor:
    """Coloured shapes with soft edges, uint8 ``(n, 3, side, side)``, as far as chance goes like photos."""
    rough = torch.rand((n, 3, 6, 6), generator=torch.Generator().manual_seed(seed)) * 255
    return torch.nn.functional.interpolate(rough, (side, side), mode="bicubic").clamp(0, 255).to(torch.uint8)


def find_recogniser(name: str, digest: str) -> Recogniser:
    """Finds tiny recognisers and no others."""
    recogniser = TinyRecogniser(int(name.removeprefix("tiny-")))
    assert recogniser.digest == digest
    return recogniser


def tiny_generator(rounds: int = 2) -> TrainedGenerator:
    """A generator of one-pass cloaks that was never trained."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        network = CloakGenerator(CloakGeneratorOptions(rounds=rounds, width=4))
        for step in network.rounds:
            nn.init.normal_(step.leave.weight, std=0.02)
    return TrainedGenerator(f"tiny-{rounds}", network)


def find_generator(name: str, digest: str) -> TrainedGenerator | TrainedFaceGenerator:
    """Finds tiny generators and no others."""
    if name == "tiny-faces":
        return tiny_faces()
    generator = tiny_generator(int(name.removeprefix("tiny-")))
    assert generator.digest == digest
    return generator


TINY_FINDERS = Finders(
    {
        "encoder": find_tiny,
        "recogniser": find_recogniser,
        "cloak generator": find_generator,
        "face generator": find_generator,
        "split": find_split,
        "crafter": find_crafter,
        "answers": find_answers,
        "bank": find_bank,
    }
)
"""Finds what tests make up, and what comes with masquerade."""
