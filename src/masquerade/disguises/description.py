"""Disguises from their descriptions: the inverse of ``Disguise.describe``."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, Final

from masquerade.disguises.base import Disguise
from masquerade.disguises.baselines.contours import Contours
from masquerade.disguises.baselines.dauntless import Dauntless
from masquerade.disguises.baselines.face_box import EyeBar, FaceBox
from masquerade.disguises.baselines.gaussian_blur import GaussianBlur
from masquerade.disguises.baselines.instahide import InstaHide
from masquerade.disguises.baselines.k_same_photos import KSamePhotos
from masquerade.disguises.baselines.neuracrypt import NeuraCrypt
from masquerade.disguises.baselines.pixelation import Pixelation
from masquerade.disguises.baselines.task_augment import TaskAugment
from masquerade.disguises.blocks.matrix import BlockMatrix
from masquerade.disguises.blocks.noise import Noise
from masquerade.disguises.blocks.normalise import BlockNormalise
from masquerade.disguises.blocks.permutation import BlockPermutation
from masquerade.disguises.chain import Chain
from masquerade.disguises.cloaks.ensemble import SeveralCloaks
from masquerade.disguises.cloaks.fawkes import Fawkes
from masquerade.disguises.cloaks.lowkey import LowKey
from masquerade.disguises.cloaks.masknet import MaskNetCloak
from masquerade.disguises.cloaks.matched_noise import MatchedNoise
from masquerade.disguises.cloaks.one_pass import OnePassCloak
from masquerade.disguises.cloaks.recogniser_cloak import FeltCloak
from masquerade.disguises.cloaks.transferable import TransferableCloak
from masquerade.disguises.features.amortised_crafter import AmortisedCrafter
from masquerade.disguises.features.crafter import Crafter
from masquerade.disguises.features.crafter_z import CrafterZ
from masquerade.disguises.features.gaussian_noise import GaussianNoise
from masquerade.disguises.features.k_same import KSame
from masquerade.disguises.features.split_encode import SplitEncode
from masquerade.disguises.features.task_answers import TaskAnswers
from masquerade.disguises.finding import Finders
from masquerade.disguises.tokens.encode import Encode
from masquerade.disguises.tokens.many_keys import ManyKeys
from masquerade.disguises.tokens.matrix import TokenMatrix
from masquerade.disguises.tokens.network import TokenNetwork
from masquerade.errors import UsageError
from masquerade.installed import PROTECTIONS, find_installed, names_installed
from masquerade.zoo import PublicNetwork

EVERY_DISGUISE: Final[tuple[type[Disguise], ...]] = (
    BlockPermutation,
    BlockMatrix,
    Noise,
    BlockNormalise,
    Encode,
    TokenMatrix,
    TokenNetwork,
    ManyKeys,
    InstaHide,
    NeuraCrypt,
    Dauntless,
    TaskAugment,
    MaskNetCloak,
    SeveralCloaks,
    OnePassCloak,
    FeltCloak,
    Fawkes,
    LowKey,
    TransferableCloak,
    MatchedNoise,
    GaussianNoise,
    SplitEncode,
    Crafter,
    CrafterZ,
    AmortisedCrafter,
    TaskAnswers,
    KSame,
    GaussianBlur,
    Pixelation,
    FaceBox,
    EyeBar,
    KSamePhotos,
    Contours,
    Chain,
)
"""Every kind of disguise; a new one is a file and a row here."""

SHIPPED: Final = Finders()
"""Finds what comes with masquerade."""

NO_MORE: Final[Mapping[str, type[Disguise]]] = {}

_KINDS: Final = {kind.__name__: kind for kind in EVERY_DISGUISE}


def from_description(
    description: Mapping[str, Any], find: Finders = SHIPPED, kinds: Mapping[str, type[Disguise]] = NO_MORE
) -> Disguise:
    """The disguise that plain data describes, as ``describe`` or a study file writes it.

    Kinds are those of masquerade, ``kinds``, and those that installed distributions bring (``masquerade.installed``).

    Args:
        description: ``{"kind": name, parameter: value, ...}``; a chain has descriptions as ``parts``.
        find: Where the public networks that it names come from.
        kinds: More kinds, by the names of their classes.

    Raises:
        MasqueradeError: Whatever ``find`` raises, if a network is missing or another.
        UsageError: If there is no such kind, or a parameter is unknown, missing or wrong.
    """
    named = description.get("kind") if isinstance(description, Mapping) else None
    kind = _kind(named, kinds) if isinstance(named, str) else None
    if kind is None:
        raise UsageError(
            "no such kind of disguise",
            value=repr(named),
            place="a description of a disguise",
            remedy=f"Choose among {', '.join((*_KINDS, *names_installed(PROTECTIONS)))}, or install what brings it.",
        )
    given = {
        name: _read(kind.networks.get(name), value, find, kinds)
        for name, value in description.items()
        if name != "kind"
    }
    try:
        return kind(**given)
    except TypeError as error:
        names = ", ".join(field.name for field in fields(kind))  # type: ignore[arg-type]
        raise UsageError(
            "parameters that do not fit the disguise",
            value=", ".join(given) or "none",
            place=f"the description of {kind.__name__}",
            remedy=f"Its parameters are {names}.",
        ) from error


def _kind(named: str, kinds: Mapping[str, type[Disguise]]) -> type[Disguise] | None:
    return _KINDS.get(named) or kinds.get(named) or _installed(named)


def _installed(named: str) -> type[Disguise] | None:
    """What a distribution brings under that name, which its description must bear: attacks go by it."""
    brought = find_installed(PROTECTIONS, named, Disguise)  # type: ignore[type-abstract]
    if brought is not None and brought.__name__ != named:
        raise UsageError(
            "a protection under another name than its class's",
            value=brought.__name__,
            place=f"what is installed as {named}",
            remedy="Call the entry point as the class.",
        )
    return brought


def _read(
    network: PublicNetwork | None,
    value: Any,  # noqa: ANN401
    find: Finders,
    kinds: Mapping[str, type[Disguise]],
) -> Any:  # noqa: ANN401 - any kind of value
    """A parameter: a public network or disguises, each by its description, or plain data."""
    if isinstance(value, (list, tuple)):
        return tuple(_read(network, part, find, kinds) for part in value)
    if not isinstance(value, Mapping):
        return value
    if network is not None:
        return find.of(network)(str(value.get("name")), str(value.get("digest")))
    return from_description(value, find, kinds) if "kind" in value else value
