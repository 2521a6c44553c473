"""Disguises from their descriptions: the inverse of ``Disguise.describe``."""

from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any, Final

from masquerade.disguises.base import Disguise
from masquerade.disguises.block_matrix import BlockMatrix
from masquerade.disguises.block_normalise import BlockNormalise
from masquerade.disguises.block_permutation import BlockPermutation
from masquerade.disguises.chain import Chain
from masquerade.disguises.dauntless import Dauntless
from masquerade.disguises.encode import Encode
from masquerade.disguises.instahide import InstaHide
from masquerade.disguises.many_keys import ManyKeys
from masquerade.disguises.neuracrypt import NeuraCrypt
from masquerade.disguises.noise import Noise
from masquerade.disguises.task_augment import TaskAugment
from masquerade.disguises.token_matrix import TokenMatrix
from masquerade.disguises.token_network import TokenNetwork
from masquerade.encoders import Encoder, find_shipped
from masquerade.errors import UsageError

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
    Chain,
)
"""Every kind of disguise; a new one is a file and a row here."""

FindEncoder = Callable[[str, str], Encoder]
"""Gives the public encoder of a name and a digest, or raises a ``MasqueradeError``."""

_KINDS: Final = {kind.__name__: kind for kind in EVERY_DISGUISE}


def from_description(description: Mapping[str, Any], find: FindEncoder = find_shipped) -> Disguise:
    """The disguise that plain data describes, as ``describe`` or a study file writes it.

    Args:
        description: ``{"kind": name, parameter: value, ...}``; a chain has descriptions as ``parts``.
        find: Where encoders come from; by itself, the ones that come with masquerade.

    Raises:
        MasqueradeError: Whatever ``find`` raises, if an encoder is missing or another.
        UsageError: If there is no such kind, or a parameter is unknown, missing or wrong.
    """
    named = description.get("kind") if isinstance(description, Mapping) else None
    if not isinstance(named, str) or named not in _KINDS:
        raise UsageError(
            "no such kind of disguise",
            value=repr(named),
            place="a description of a disguise",
            remedy=f"Choose among {', '.join(_KINDS)}.",
        )
    kind = _KINDS[named]
    given = {name: _read(name, value, find) for name, value in description.items() if name != "kind"}
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


def _read(name: str, value: Any, find: FindEncoder) -> Any:  # noqa: ANN401 - a parameter of any kind
    if isinstance(value, Mapping) and name == "encoder":
        return find(str(value.get("name")), str(value.get("digest")))
    if isinstance(value, Mapping):
        return from_description(value, find)
    if not isinstance(value, (list, tuple)):
        return value
    return tuple(from_description(part, find) for part in value) if name == "parts" else tuple(value)
