"""Public networks that come with masquerade, by name and digest: what descriptions of disguises name."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar, final

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
from masquerade.crafting.trained import (
    TrainedAmortiser,
    TrainedAnswers,
    TrainedBank,
    TrainedFaceGenerator,
    TrainedFeatureCrafter,
    TrainedSplit,
)
from masquerade.disguises.base import PublicNetwork
from masquerade.encoders import Encoder, find_shipped
from masquerade.encoders.recogniser import RECOGNISERS, Recogniser, open_recogniser
from masquerade.errors import ModelError, UsageError
from masquerade.files.named import require_digest
from masquerade.masknets import SHIPPED, MaskNetSource, UntrainedSource, open_source
from masquerade.masknets.generator import TrainedGenerator
from masquerade.masknets.generator_file import find_generator
from masquerade.networks.cloaks.masknet import structure

_Found = TypeVar(
    "_Found",
    TrainedSplit,
    TrainedFaceGenerator,
    TrainedAmortiser,
    TrainedFeatureCrafter,
    TrainedAnswers,
    TrainedBank,
)
_UNTRAINED: Final = re.compile(r"untrained-(?P<structure>masknet-[1-3])-(?P<size>[1-9]\d{1,3})")


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


def find_source(name: str, digest: str) -> MaskNetSource:
    """The source of MaskNets of that name that needs no file, which must have that digest.

    Raises:
        UsageError: If no source of that name is shipped.
        ModelError: If it is another than the one of that digest.
    """
    if name not in SHIPPED and not _UNTRAINED.fullmatch(name):
        raise _not_shipped("source of MaskNets", name)
    return require_digest(open_named_source(name), digest, "source of MaskNets")


def find_recogniser(name: str, digest: str) -> Recogniser:
    """The shipped recogniser of that name, which must have that digest.

    Raises:
        UsageError: If no recogniser of that name is shipped.
        ModelError: If it is another than the one of that digest.
        StudyError: If packages that it comes in are not installed.
    """
    if name not in RECOGNISERS:
        raise _not_shipped("recogniser", name)
    recogniser = open_recogniser(name)
    if recogniser.digest != digest:
        raise ModelError(
            "another recogniser than the one that was used",
            value=f"digest {recogniser.digest[:12]}, expected {digest[:12]}",
            place=f"recogniser {name}",
            remedy="Use the version of masquerade that was used before.",
        )
    return recogniser


def find_split(name: str, digest: str) -> TrainedSplit:
    """The shipped split network of that name, which must have that digest.

    Raises:
        UsageError: If no split network of that name is shipped.
        ModelError: If it is another than the one of that digest.
    """
    if name not in SPLITS:
        raise _not_shipped("split network", name)
    return _same(open_split(name), digest)


def find_any_generator(name: str, digest: str) -> TrainedGenerator | TrainedFaceGenerator:
    """The shipped generator of that name, of cloaks or of faces, which must have that digest.

    Raises:
        UsageError: If no generator of that name is shipped.
        ModelError: If it is another than the one of that digest.
    """
    return _same(open_generator(name), digest) if name in GENERATORS else find_generator(name, digest)


def find_amortiser(name: str, digest: str) -> TrainedAmortiser:
    """The shipped amortiser of that name, which must have that digest.

    Raises:
        UsageError: If no amortiser of that name is shipped.
        ModelError: If it is another than the one of that digest.
    """
    if name not in AMORTISERS:
        raise _not_shipped("amortiser", name)
    return _same(open_amortiser(name, open_generator(), open_split()), digest)


def find_feature_crafter(name: str, digest: str) -> TrainedFeatureCrafter:
    """The shipped amortised crafter of that name, which must have that digest.

    Raises:
        UsageError: If no amortised crafter of that name is shipped.
        ModelError: If it is another than the one of that digest.
    """
    if name not in FEATURE_CRAFTERS:
        raise _not_shipped("amortised crafter", name)
    return _same(open_feature_crafter(name, open_split()), digest)


def find_answers(name: str, digest: str) -> TrainedAnswers:
    """The shipped statistics of answers of that name, which must have that digest.

    Raises:
        UsageError: If none of that name are shipped.
        ModelError: If they are others than those of that digest.
    """
    if name not in ANSWERS:
        raise _not_shipped("file of answers' statistics", name)
    return _same(open_answers(name, open_split()), digest)


def find_bank(name: str, digest: str) -> TrainedBank:
    """The bank of features of that name that needs no file, which must have that digest.

    Raises:
        UsageError: If none of that name comes with masquerade.
        ModelError: If it is another than the one of that digest.
    """
    if name not in BANKS:
        raise _not_shipped("bank of public features", name)
    return _same(open_bank(name, open_split()), digest)


def _same(found: _Found, digest: str) -> _Found:
    if found.digest != digest:
        raise ModelError(
            "another network than the one that was used",
            value=f"digest {found.digest[:12]}, expected {digest[:12]}",
            place=found.name,
            remedy="Use the file, or the version of masquerade, that was used before.",
        )
    return found


@final
@dataclass(frozen=True)
class Finders:
    """Where public networks come from that a description names: each by name and digest.

    Each gives the network, or raises a ``MasqueradeError``; the generators of cloaks and of faces come from one place.
    """

    encoder: Callable[[str, str], Encoder] = find_shipped
    source: Callable[[str, str], MaskNetSource] = find_source
    recognisers: Callable[[str, str], Recogniser] = find_recogniser
    generator: Callable[[str, str], TrainedGenerator | TrainedFaceGenerator] = find_any_generator
    split: Callable[[str, str], TrainedSplit] = find_split
    amortiser: Callable[[str, str], TrainedAmortiser] = find_amortiser
    crafter: Callable[[str, str], TrainedFeatureCrafter] = find_feature_crafter
    answers: Callable[[str, str], TrainedAnswers] = find_answers
    bank: Callable[[str, str], TrainedBank] = find_bank

    def of(self, network: PublicNetwork) -> Callable[[str, str], Any]:
        """The one for a kind of network."""
        found: Callable[[str, str], Any] = getattr(self, _FIELDS.get(network, network))
        return found


_FIELDS: Final[dict[PublicNetwork, str]] = {
    "recogniser": "recognisers",
    "cloak generator": "generator",
    "face generator": "generator",
}


def _not_shipped(what: str, name: str) -> UsageError:
    return UsageError(
        f"the {what} is not one that comes with masquerade",
        value=name[:100],
        remedy="Open its file, and give it to the disguise itself.",
    )
