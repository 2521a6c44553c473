"""Crafter's trained networks by name, and out of files."""

from functools import cache
from pathlib import Path
from typing import Final

from masquerade.crafting.amortiser_file import read_amortiser, read_amortiser_card
from masquerade.crafting.feature_crafter_file import read_feature_crafter
from masquerade.crafting.generator_file import read_face_generator
from masquerade.crafting.split_file import read_split
from masquerade.crafting.trained import (
    TrainedAmortiser,
    TrainedFaceGenerator,
    TrainedFeatureCrafter,
    TrainedSplit,
)
from masquerade.errors import UsageError

GENERATORS: Final = ("faces-1",)
"""Face generators that need no file, for 64x64 pixels."""
SPLITS: Final = ("split-1",)
"""Split networks that need no file: 64x64 pixels, CelebA's 40 attributes."""
AMORTISERS: Final = ("amortiser-1",)
"""Amortisers that need no file: of ``faces-1`` and ``split-1``."""
FEATURE_CRAFTERS: Final = ("crafter-1",)
"""Amortised crafters that need no file: of ``faces-1`` and ``split-1``."""
_WEIGHTS: Final = Path(__file__).parent / "weights"


def open_generator(name_or_path: str | Path = GENERATORS[0]) -> TrainedFaceGenerator:
    """A face generator: one of ``GENERATORS`` by its name, or the one in a file.

    Raises:
        UsageError: If there is neither such a name nor such a file.
        ModelError: If the file is damaged or holds no face generator.
    """
    return _generator(_found(name_or_path, GENERATORS, "face generator", "generator train"))


def open_split(name_or_path: str | Path = SPLITS[0]) -> TrainedSplit:
    """A split network: one of ``SPLITS`` by its name, or the one in a file.

    Raises:
        UsageError: If there is neither such a name nor such a file.
        ModelError: If the file is damaged or holds no split network.
    """
    return _split(_found(name_or_path, SPLITS, "split network", "encoder train"))


def open_amortiser(
    name_or_path: str | Path, generator: TrainedFaceGenerator, split: TrainedSplit
) -> TrainedAmortiser:
    """An amortiser: one of ``AMORTISERS`` by its name, or the one in a file, for a generator and an encoder.

    Raises:
        UsageError: If there is neither such a name nor such a file.
        ModelError: If the file is damaged, holds no amortiser, or belongs to another generator or encoder.
    """
    path = _found(name_or_path, AMORTISERS, "amortiser")
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
    path = _found(name_or_path, FEATURE_CRAFTERS, "amortised crafter")
    network, card = read_feature_crafter(path, split.digest)
    return TrainedFeatureCrafter.of(card.name, network, (card.least_beta, card.most_beta))


def _found(name_or_path: str | Path, shipped: tuple[str, ...], what: str, command: str = "") -> Path:
    if str(name_or_path) in shipped:
        return _shipped(str(name_or_path))
    path = Path(name_or_path)
    if not path.exists():
        written = f"a file that `masquerade {command}` wrote" if command else "a file that masquerade wrote"
        remedy = f"Name {written}{', or one of ' if shipped else ''}{', '.join(shipped)}."
        raise UsageError(f"no such {what}", value=name_or_path, remedy=remedy)
    return path


def _shipped(name: str) -> Path:
    return _WEIGHTS / f"{name}.safetensors"


def _generator(path: Path) -> TrainedFaceGenerator:
    return _shipped_generator(path) if path.parent == _WEIGHTS else _read_generator(path)


def _read_generator(path: Path) -> TrainedFaceGenerator:
    network, card = read_face_generator(path)
    return TrainedFaceGenerator.of(card.name, network)


def _split(path: Path) -> TrainedSplit:
    return _shipped_split(path) if path.parent == _WEIGHTS else _read_split(path)


def _read_split(path: Path) -> TrainedSplit:
    network, card = read_split(path)
    return TrainedSplit.of(card.name, network, card.attributes)


_shipped_generator, _shipped_split = cache(_read_generator), cache(_read_split)
