"""Crafter's trained networks by name, and out of files."""

from dataclasses import replace
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Final

import torch

from masquerade.crafting.amortiser_file import read_amortiser, read_amortiser_card
from masquerade.crafting.feature_crafter_file import read_feature_crafter
from masquerade.crafting.generator_file import read_face_generator
from masquerade.crafting.split_file import read_split
from masquerade.crafting.task.answers_file import read_answers
from masquerade.crafting.task.bank_file import read_bank
from masquerade.crafting.task.closed_form import collect_features
from masquerade.crafting.trained import (
    TrainedAmortiser,
    TrainedAnswers,
    TrainedBank,
    TrainedFaceGenerator,
    TrainedFeatureCrafter,
    TrainedSplit,
)
from masquerade.errors import UsageError
from masquerade.files.named import open_named
from masquerade.shipped_weights import shipped_weights

GENERATORS: Final[tuple[str, ...]] = ("faces-1", "faces-style")
"""Face generators that need no file, for 64x64 pixels; the second, by styles, is for attackers."""
SPLITS: Final[tuple[str, ...]] = ("split-1",)
"""Split networks that need no file: 64x64 pixels, CelebA's 40 attributes."""
AMORTISERS: Final[tuple[str, ...]] = ("amortiser-1",)
"""Amortisers that need no file: of ``faces-1`` and ``split-1``."""
FEATURE_CRAFTERS: Final[tuple[str, ...]] = ("crafter-1",)
"""Amortised crafters that need no file: of ``faces-1`` and ``split-1``."""

BANKS: Final[tuple[str, ...]] = ("faces-1",)
"""Banks of features that need no file: those of faces that this generator draws, nobody's."""
ANSWERS: Final[tuple[str, ...]] = ("answers-1",)
"""Statistics of answers that need no file: those of ``split-1``."""

_FACES: Final = 1024
_SEED: Final = 11
_PART: Final = 64


def open_generator(name_or_path: str | Path = GENERATORS[0]) -> TrainedFaceGenerator:
    """A face generator: one of ``GENERATORS`` by its name, or the one in a file.

    Raises:
        UsageError: If there is neither such a name nor such a file.
        ModelError: If the file is damaged or holds no face generator.
    """
    writer = "masquerade generator train"
    return open_named(name_or_path, GENERATORS, _shipped_generator, _read_generator, "face generator", writer)


def open_split(name_or_path: str | Path = SPLITS[0]) -> TrainedSplit:
    """A split network: one of ``SPLITS`` by its name, or the one in a file.

    Raises:
        UsageError: If there is neither such a name nor such a file.
        ModelError: If the file is damaged or holds no split network.
    """
    writer = "masquerade encoder train"
    return open_named(name_or_path, SPLITS, _shipped_split, _read_split, "split network", writer)


def open_amortiser(
    name_or_path: str | Path, generator: TrainedFaceGenerator, split: TrainedSplit
) -> TrainedAmortiser:
    """An amortiser: one of ``AMORTISERS`` by its name, or the one in a file, for a generator and an encoder.

    Raises:
        UsageError: If there is neither such a name nor such a file.
        ModelError: If the file is damaged, holds no amortiser, or belongs to another generator or encoder.
    """
    path = open_named(name_or_path, AMORTISERS, _shipped, Path, "amortiser")
    network = read_amortiser(path, generator.digest, split.digest)
    return TrainedAmortiser.of(read_amortiser_card(path).name, network)


def amortiser_for(generator: TrainedFaceGenerator, split: TrainedSplit) -> TrainedAmortiser | None:
    """The shipped amortiser that belongs to these two, or None: inversions then begin elsewhere."""
    for name in AMORTISERS:
        card = read_amortiser_card(_shipped(name))
        if (card.generator_digest, card.encoder_digest) == (generator.digest, split.digest):
            return open_amortiser(name, generator, split)
    return None


def open_feature_crafter(name_or_path: str | Path, split: TrainedSplit) -> TrainedFeatureCrafter:
    """An amortised crafter: one of ``FEATURE_CRAFTERS`` by its name, or the one in a file, for an encoder.

    Raises:
        UsageError: If there is neither such a name nor such a file.
        ModelError: If the file is damaged, holds no amortised crafter, or belongs to another encoder.
    """
    path = open_named(name_or_path, FEATURE_CRAFTERS, _shipped, Path, "amortised crafter")
    network, card = read_feature_crafter(path, split.digest)
    return TrainedFeatureCrafter.of(card.name, network, (card.least_beta, card.most_beta))


def open_answers(name_or_path: str | Path, split: TrainedSplit | None = None) -> TrainedAnswers:
    """Statistics of answers: one of ``ANSWERS`` by its name, or those in a file, for a split network; None for any.

    Raises:
        UsageError: If there is neither such a name nor such a file.
        ModelError: If the file is damaged, holds no such statistics, or belongs to another network.
    """
    writer = "masquerade encoder answers"
    path = open_named(name_or_path, ANSWERS, _shipped, Path, "statistics of answers", writer)
    facts, card = read_answers(path, None if split is None else (split.digest, split.cloud_digest))
    return TrainedAnswers.of(card.name, facts)


def open_bank(name_or_path: str | Path, split: TrainedSplit | None = None) -> TrainedBank:
    """A bank of public features: one of ``BANKS`` by its name, or the one in a file, for an encoder; None for any.

    Raises:
        UsageError: If there is neither such a name nor such a file, or the generator draws faces of another size.
        ModelError: If the file is damaged, holds no bank, or belongs to another encoder.
    """
    writer = "masquerade encoder bank"
    if str(name_or_path) in BANKS:
        return _drawn(open_generator(str(name_or_path)), split or open_split())
    found = open_named(name_or_path, BANKS, _shipped, Path, "bank of public features", writer)
    bank, card = read_bank(found, None if split is None else split.digest)
    return TrainedBank.of(card.name, bank)


def _shipped(name: str) -> Path:
    return shipped_weights(f"crafting/weights/{name}.safetensors")


def _read_generator(path: Path) -> TrainedFaceGenerator:
    network, card = read_face_generator(path)
    return TrainedFaceGenerator.of(card.name, network)


def _read_split(path: Path) -> TrainedSplit:
    network, card = read_split(path)
    return TrainedSplit.of(card.name, network, card.attributes)


@cache
def _drawn(generator: TrainedFaceGenerator, split: TrainedSplit) -> TrainedBank:
    """Features of faces that a generator draws; named by what they are drawn from, since last bits differ."""
    if generator.network.generator.image_shape != (3, split.network.options.side, split.network.options.side):
        raise UsageError(
            "the generator draws faces of another size than the encoder takes",
            value=generator.name,
            place=split.name,
            remedy="`masquerade encoder bank` makes a bank for this encoder.",
        )
    latents = torch.randn(_FACES, generator.latents, generator=torch.Generator().manual_seed(_SEED))
    with torch.no_grad():
        faces = torch.cat([generator.network(part) for part in torch.split(latents, _PART)])
    photos = (faces * 255).round().clamp(0, 255).to(torch.uint8)
    facts = ("drawn bank", generator.digest, split.digest, str(_FACES), str(_SEED))
    bank = TrainedBank.of(generator.name, collect_features(split.network, photos))
    return replace(bank, digest=sha256(" ".join(facts).encode()).hexdigest())


@cache
def _shipped_generator(name: str) -> TrainedFaceGenerator:
    return _read_generator(_shipped(name))


@cache
def _shipped_split(name: str) -> TrainedSplit:
    return _read_split(_shipped(name))
