"""How a face is cloaked: against recognisers without any key, or with a person's MaskNet."""

from collections.abc import Mapping, Sequence
from typing import Final, Literal

from masquerade.disguises.base import Disguise, Keyed
from masquerade.disguises.cloaks.masknet import MaskNetCloak
from masquerade.disguises.cloaks.one_pass import OnePassCloak
from masquerade.disguises.cloaks.recogniser_cloak import FeltCloak
from masquerade.disguises.cloaks.seen_budget import SeenBudget
from masquerade.disguises.cloaks.transferable import KeyedTransferableCloak, TransferableCloak
from masquerade.encoders.recogniser import open_recogniser
from masquerade.errors import UsageError
from masquerade.faces.alignment import TEMPLATE
from masquerade.masknets import MaskNetFile, StaticSource
from masquerade.masknets.generator_file import open_cloak_generator

Method = Literal["transferable", "one-pass", "optimised", "recogniser", "recogniser-one-pass"]

METHODS: Final[tuple[Method, ...]] = (
    "transferable",
    "one-pass",
    "optimised",
    "recogniser",
    "recogniser-one-pass",
)
"""Against recognisers, those it never met too; a generator that learned from MaskNets, and the thesis's 40 steps; 40
steps against recognisers, slower still, and a generator that learned from these."""
DEFAULT: Final[Method] = "transferable"
"""The only one whose effect on recognisers that it was not made against was measured to be large."""
WITH_MASKNET: Final[tuple[Method, ...]] = METHODS[1:]
"""Those that need the person's MaskNet."""
LOOKS: Final[Mapping[str, SeenBudget]] = {
    "natural": SeenBudget(0.98, 2.5),
    "visible": SeenBudget(0.95, 100.0),
}
"""How much may be seen, by name."""
SURROGATES: Final = ("sface", "dlib-torch")
"""Recognisers that the transferable cloak is made against by default."""
_GENERATORS: Final = {"one-pass": "one-pass-1", "recogniser-one-pass": "felt-1"}
_EARLIER_NAMES: Final = {"felt": "recogniser", "felt-one-pass": "recogniser-one-pass"}
_RECOGNISERS: Final = ("sface", "resnet-public")
_SIMILARITY: Final = 0.8
"""SSIM of a face cloaked against recognisers: at 0.9, a recogniser that the cloak was not made against was hardly
fooled. The recipes have the same."""
BOUND: Final = 15.0
"""Most that a pixel of a face may change, in grey levels, before the strength counts."""


def current_method(method: str) -> str:
    """The name that a way of cloaking has now: it may have had another once."""
    return _EARLIER_NAMES.get(method, method)


def budget_of(method: str, look: str) -> SeenBudget | None:
    """What may be seen of a cloak of a whole photo; None where the method has no such bound.

    Raises:
        UsageError: If there is no such look, or the method knows none.
    """
    if look not in LOOKS:
        raise UsageError("no such look", value=look, place="--look", remedy=f"Say one of {', '.join(LOOKS)}.")
    if current_method(method) == DEFAULT:
        return LOOKS[look]
    if look != "natural":
        raise UsageError(
            "a look that this method does not have",
            value=look,
            place="--look",
            remedy=f"Leave it out, or use --method {DEFAULT}.",
        )
    return None


def surrogates_of(method: str, named: Sequence[str] = SURROGATES) -> tuple[str, ...]:
    """Names of the recognisers that a method is made against; those that are named, for the transferable one."""
    match current_method(method):
        case "transferable":
            return tuple(named)
        case "recogniser" | "recogniser-one-pass":
            return _RECOGNISERS
        case _:
            return ()


def face_cloak(
    file: MaskNetFile | None, method: str, look: str = "natural", surrogates: Sequence[str] = SURROGATES
) -> Keyed:
    """What cloaks faces of the size that it looks at; see ``cloak_with``."""
    if file is None:
        return transferable(method, look, surrogates)
    cloak = with_masknet(file, method, look)
    return cloak.with_masknet(file.masknet, file.numbers, (3, file.card.size, file.card.size))


def transferable(
    method: str, look: str = "natural", surrogates: Sequence[str] = SURROGATES
) -> KeyedTransferableCloak:
    """What cloaks faces without a MaskNet; it can be told of other faces of the person."""
    return KeyedTransferableCloak((3, TEMPLATE, TEMPLATE), without_masknet(method, look, surrogates))


def cloak_with(
    file: MaskNetFile | None, method: str, look: str = "natural", surrogates: Sequence[str] = SURROGATES
) -> Disguise:
    """A way of cloaking: ``with_masknet`` where there is a MaskNet, else ``without_masknet``."""
    return without_masknet(method, look, surrogates) if file is None else with_masknet(file, method, look)


def without_masknet(method: str, look: str, surrogates: Sequence[str]) -> TransferableCloak:
    """The way of cloaking that needs no MaskNet.

    Args:
        method: ``DEFAULT``.
        look: One of ``LOOKS``.
        surrogates: Names of the recognisers that it is made against.

    Raises:
        UsageError: If there is no such method, look or recogniser, or the method needs a MaskNet.
        StudyError: If what a recogniser comes in is not installed.
    """
    budget = budget_of(method, look)
    if budget is None:
        raise _unfit(method, "a method that needs a MaskNet")
    return TransferableCloak(tuple(map(open_recogniser, surrogates)), budget.similarity, budget.colour)


def with_masknet(file: MaskNetFile, method: str, look: str) -> MaskNetCloak | FeltCloak | OnePassCloak:
    """A way of cloaking with a person's MaskNet.

    Args:
        file: The person's MaskNet.
        method: One of ``WITH_MASKNET``.
        look: "natural"; these methods know no other.

    Raises:
        UsageError: If there is no such method, it needs no MaskNet, or the MaskNet's size does not fit it.
        ModelError: If the method's generator cannot be read.
    """
    method = current_method(method)
    if budget_of(method, look) is not None:
        raise _unfit(method, "a MaskNet that this method has no use for")
    own = StaticSource("own", file.masknet)
    if method == "optimised":
        return MaskNetCloak(own, bound=BOUND)
    if method == "recogniser":
        recognisers = tuple(open_recogniser(name) for name in _RECOGNISERS)
        return FeltCloak(own, recognisers, bound=BOUND, similarity=_SIMILARITY)
    if method not in _GENERATORS:
        raise _unknown(method)
    generator = open_cloak_generator(_GENERATORS[method]).precise()
    return OnePassCloak(generator, own, BOUND)


def _unfit(method: str, problem: str) -> UsageError:
    if current_method(method) not in METHODS:
        return _unknown(method)
    return UsageError(
        problem,
        value=method,
        place="--method",
        remedy=f"Give --masknet with {', '.join(WITH_MASKNET)}; leave it out for {DEFAULT}.",
    )


def _unknown(method: str) -> UsageError:
    return UsageError(
        "no such way of cloaking",
        value=method,
        place="--method",
        remedy=f"Name one of {', '.join(METHODS)}.",
    )
