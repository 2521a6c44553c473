"""Generators of faces by the type of their sizes."""

from typing import Final

from masquerade.networks.features.style_generator import StyleGenerator, StyleGeneratorOptions
from masquerade.networks.features.wgan_generator import WGANGenerator, WGANGeneratorOptions

SomeGenerator = WGANGenerator | StyleGenerator
GeneratorOptions = WGANGeneratorOptions | StyleGeneratorOptions
"""Told apart in a file by ``kind``, which sizes of the second alone have."""
EVERY_GENERATOR: Final[tuple[type[SomeGenerator], ...]] = (WGANGenerator, StyleGenerator)
"""Every generator that options and files can name."""


def build_generator(options: GeneratorOptions) -> SomeGenerator:
    """A new generator with random weights, drawn from torch's global generator."""
    return StyleGenerator(options) if isinstance(options, StyleGeneratorOptions) else WGANGenerator(options)
