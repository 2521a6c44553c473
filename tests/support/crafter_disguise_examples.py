"""Small trained networks of Crafter by name, for tests of what needs them by name."""

import torch

from crafting_examples import tiny_networks
from masquerade.crafting import CrafterZSettings, CraftSettings, FaceGenerator
from masquerade.crafting.task.closed_form import collect_features, learn_answers
from masquerade.crafting.trained import (
    TrainedAnswers,
    TrainedBank,
    TrainedFaceGenerator,
    TrainedFeatureCrafter,
    TrainedSplit,
)
from masquerade.networks.features.feature_crafter import FeatureCrafter, FeatureCrafterOptions
from masquerade.networks.features.wgan_generator import WGANGenerator
from masquerade.testing.example_photos import photos_with_a_flat_part

ADVERSARY = {"width": 2, "steps": 1, "minibatch": 4}
SETTINGS = CraftSettings.model_validate(
    {
        "iterations": 2,
        "learning_rate": 0.1,
        "adversary": ADVERSARY,
        "fast": {"warm_steps": 1, "products": 6, "renewals": 0},
    }
)
SETTINGS_Z = CrafterZSettings.model_validate(
    {"iterations": 2, "learning_rate": 0.1, "adversary": ADVERSARY, "inversion": {"steps": 2}}
)


def tiny_split() -> TrainedSplit:
    """An encoder for 16x16 photos."""
    return TrainedSplit.of("tiny-split", tiny_networks()[1].float())


def tiny_faces() -> TrainedFaceGenerator:
    """A generator of 16x16 images."""
    generator = tiny_networks()[0].float()
    assert isinstance(generator, WGANGenerator)
    return TrainedFaceGenerator.of("tiny-faces", FaceGenerator(generator))


def tiny_crafter() -> TrainedFeatureCrafter:
    """An amortised crafter of the tiny encoder's features, which changes them, though it learnt nothing."""
    options = FeatureCrafterOptions(features=tiny_networks()[1].feature_shape, width=4, blocks=1)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(6)
        network = FeatureCrafter(options)
        torch.nn.init.normal_(network.leave.weight)
    return TrainedFeatureCrafter.of("tiny-crafter", network.eval(), (0.5, 4.0))


def find_crafter(name: str, digest: str) -> TrainedFeatureCrafter:
    """The tiny amortised crafter and no other."""
    found = tiny_crafter()
    assert (name, digest) == (found.name, found.digest)
    return found


def tiny_answers() -> TrainedAnswers:
    """What made-up photos say of the tiny split network's answers."""
    return TrainedAnswers.of("tiny-answers", learn_answers(tiny_split().network, _public()))


def tiny_bank() -> TrainedBank:
    """The tiny encoder's features of made-up photos."""
    return TrainedBank.of("tiny-bank", collect_features(tiny_split().network, _public()))


def _public() -> torch.Tensor:
    return photos_with_a_flat_part(40, (3, 16, 16))


def find_answers(name: str, digest: str) -> TrainedAnswers:
    """The tiny statistics and no others."""
    found = tiny_answers()
    assert (name, digest) == (found.name, found.digest)
    return found


def find_bank(name: str, digest: str) -> TrainedBank:
    """The tiny bank and no other."""
    found = tiny_bank()
    assert (name, digest) == (found.name, found.digest)
    return found


def find_split(name: str, digest: str) -> TrainedSplit:
    """Finds the tiny split network and no other."""
    found = tiny_split()
    assert (name, digest) == (found.name, found.digest)
    return found
