"""What a whole protection promises, and which kinds of parts it has: from what each part declares."""

from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import Any, Final

from masquerade.disguises.base import Disguise
from masquerade.disguises.baselines.any_tool import AnyTool
from masquerade.disguises.chain import Chain
from masquerade.disguises.description import EVERY_DISGUISE
from masquerade.disguises.tokens.adversarial_noise import AdversarialNoise
from masquerade.promises import BOTH, Question

_KINDS: Final[tuple[type[Disguise], ...]] = (*EVERY_DISGUISE, AdversarialNoise, AnyTool)
_CONTROLS: Final = frozenset(kind.__name__ for kind in _KINDS if kind.is_control)
_WINGS: Final = {kind.__name__: kind.__module__.split(".")[2] for kind in _KINDS if kind is not Chain}
_DECLARED: Final = {kind.__name__: kind.promises for kind in _KINDS}


def promised_by(disguise: Disguise) -> frozenset[Question]:
    """The questions that a disguise promises to leave open: those of its parts, and both if they name none.

    A part that is not known here promises both, whatever it says: nobody chooses the question that he is judged by.
    """
    return _together(part.promises if type(part) in _KINDS else BOTH for part in disguise.in_order())


def means_to_protect(disguise: Disguise) -> bool:
    """Whether it has a key, or is there to hide people without one."""
    return disguise.keyed_by_secret or any(step.hides_people for step in disguise.in_order())


def promised_as_described(description: Mapping[str, Any]) -> frozenset[Question]:
    """As ``promised_by``, from public parameters; a kind that is not known here promises both."""
    return _together(_DECLARED.get(str(kind), BOTH) for kind in _kinds_described(description))


def control_as_described(description: Mapping[str, Any]) -> bool:
    """Whether what public parameters describe is a control, and nothing beside one."""
    kinds = list(_kinds_described(description))
    return bool(kinds) and all(kind in _CONTROLS for kind in kinds)


def wing_described(description: Mapping[str, Any]) -> str:
    """The wing of a described protection's first part ("blocks", "tokens", ...); empty where it is not known here."""
    return _WINGS.get(str(next(_kinds_described(description), "")), "")


def kinds_in(disguise: Disguise) -> frozenset[str]:
    """The kinds of all parts, chains aside: what an attack must be able to read."""
    return frozenset(type(part).__name__ for part in _parts(disguise))


def _together(declared: Iterator[frozenset[Question]]) -> frozenset[Question]:
    return frozenset().union(*declared) or BOTH


def _parts(disguise: Disguise) -> Iterator[Disguise]:
    """The steps of a disguise, with the disguises that a step holds."""
    for step in disguise.in_order():
        yield step
        for field in fields(step):  # type: ignore[arg-type]
            if isinstance(held := getattr(step, field.name), Disguise):
                yield from _parts(held)


def _kinds_described(description: Mapping[str, Any]) -> Iterator[object]:
    if description.get("kind") == Chain.__name__:
        for part in description.get("parts", ()):
            yield from _kinds_described(part)
    else:
        yield description.get("kind")
