"""Every public network that comes with masquerade, or in a file, opened in one place: by its kind and name, or file."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal, final

from masquerade.crafting.shipped import (
    AMORTISERS,
    ANSWERS,
    BANKS,
    FEATURE_CRAFTERS,
    GENERATORS,
    SPLITS,
    open_amortiser,
    open_answers,
    open_bank,
    open_feature_crafter,
    open_generator,
    open_split,
)
from masquerade.crafting.trained import TrainedSplit
from masquerade.encoders import CUT, open_encoder
from masquerade.encoders import SHIPPED as ENCODERS
from masquerade.encoders.recogniser import NAMED_RECOGNISERS, open_recogniser
from masquerade.errors import UsageError
from masquerade.files.named import require_digest
from masquerade.masknets import SHIPPED as SOURCES
from masquerade.masknets import MaskNetSource, UntrainedSource, open_source
from masquerade.masknets.generator_file import SHIPPED as CLOAKS
from masquerade.masknets.generator_file import open_cloak_generator
from masquerade.networks.cloaks.masknet import structure

PublicNetwork = Literal[
    "encoder",
    "source",
    "recogniser",
    "cloak generator",
    "face generator",
    "split",
    "amortiser",
    "crafter",
    "answers",
    "bank",
]
"""Kinds of public network that come by name, or by name and digest, or out of a file."""
_UNTRAINED: Final = re.compile(r"untrained-(?P<structure>masknet-[1-3])-(?P<size>[1-9]\d{1,3})")
_NONE: Final = re.compile(r"(?!)")


@final
@dataclass(frozen=True)
class _Shelf:
    what: str
    shipped: tuple[str, ...]
    open: Callable[[str | Path, TrainedSplit | None], Any]
    made: re.Pattern[str] = _NONE
    """Names beside ``shipped`` by which networks are made again."""


def untrained(name: str = "masknet-1", size: int = 112) -> UntrainedSource:
    """MaskNets that were never trained, under a name by which they are made again.

    Args:
        name: The structure's name.
        size: Height and width of the images that they look at.

    Raises:
        UsageError: If there is no such structure, or the size is out of range.
    """
    return UntrainedSource(structure(name, size), f"untrained-{name}-{size}")


def open_named_source(name_or_path: str | Path) -> MaskNetSource:
    """As ``open_source``; ``untrained-masknet-1-112`` names MaskNets that were never trained besides.

    Raises:
        UsageError: If there is neither such a name nor such a file.
        ModelError: If the file is damaged or holds no source.
    """
    if found := _UNTRAINED.fullmatch(str(name_or_path)):
        return untrained(found["structure"], int(found["size"]))
    return open_source(name_or_path)


_SHELVES: Final[Mapping[PublicNetwork, _Shelf]] = {
    "encoder": _Shelf("encoder", ENCODERS, lambda name, _: open_encoder(name), CUT),
    "source": _Shelf("source of MaskNets", SOURCES, lambda name, _: open_named_source(name), _UNTRAINED),
    "recogniser": _Shelf("recogniser", NAMED_RECOGNISERS, lambda name, _: open_recogniser(name)),
    "cloak generator": _Shelf("generator", CLOAKS, lambda name, _: open_cloak_generator(name)),
    "face generator": _Shelf("face generator", GENERATORS, lambda name, _: open_generator(name)),
    "split": _Shelf("split network", SPLITS, lambda name, _: open_split(name)),
    "amortiser": _Shelf(
        "amortiser",
        AMORTISERS,
        lambda name, split: open_amortiser(name, open_generator(), split or open_split()),
    ),
    "crafter": _Shelf(
        "amortised crafter",
        FEATURE_CRAFTERS,
        lambda name, split: open_feature_crafter(name, split or open_split()),
    ),
    "answers": _Shelf("file of answers' statistics", ANSWERS, open_answers),
    "bank": _Shelf("bank of public features", BANKS, open_bank),
}


def open_network(kind: PublicNetwork, name_or_path: str | Path, split: TrainedSplit | None = None) -> Any:  # noqa: ANN401 - ten kinds
    """A public network: a shipped one by its name, or the one in a file.

    Args:
        kind: What it is.
        name_or_path: Its name, or its file.
        split: The split network that an amortiser, a crafter, answers or a bank must belong to; None for any, and for
            the shipped one where a network cannot be opened without.

    Raises:
        UsageError: If there is neither such a name nor such a file.
        ModelError: If the file is damaged, of another kind, or belongs to another network.
        StudyError: If packages that it comes in are not installed.
    """
    return _SHELVES[kind].open(name_or_path, split)


def find_network(kind: PublicNetwork, name: str, digest: str) -> Any:  # noqa: ANN401 - as above
    """The public network of that name that needs no file, which must have that digest.

    Raises:
        UsageError: If none of that name comes with masquerade.
        ModelError: If it is another than the one of that digest.
        StudyError: If packages that it comes in are not installed.
    """
    shelf = _SHELVES[kind]
    if name not in shelf.shipped and not shelf.made.fullmatch(name):
        raise UsageError(
            f"the {shelf.what} is not one that comes with masquerade",
            value=name[:100],
            remedy="Name its file, or open it and give it to the disguise itself.",
        )
    split = open_split() if kind in OF_SPLIT else None
    return require_digest(shelf.open(name, split), digest, shelf.what)


OF_SPLIT: Final[tuple[PublicNetwork, ...]] = ("crafter", "answers", "bank")
"""What is opened for a split network: an amortised crafter, statistics of its answers, a bank of its features."""
