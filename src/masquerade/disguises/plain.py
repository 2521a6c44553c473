"""Public parameters as plain data."""

import json
from hashlib import sha256
from typing import Any, Protocol, runtime_checkable

from pydantic import BaseModel


@runtime_checkable
class SelfDescribing(Protocol):
    """What says of itself what it is: disguises, and the public networks that they hold."""

    def describe(self) -> dict[str, Any]:
        """Public facts as plain data."""


def plain(value: object) -> object:
    """A parameter as plain data."""
    if isinstance(value, SelfDescribing):
        return value.describe()
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    return [plain(each) for each in value] if isinstance(value, tuple) else value


def canonical(value: object) -> object:
    """A description in which 50.0 is 50, as after a way through a file."""
    if isinstance(value, dict):
        return {str(name): canonical(each) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [canonical(each) for each in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def digest_of(description: dict[str, Any]) -> str:
    """SHA-256 of a disguise's description, hexadecimal; see ``Disguise.digest``."""
    return sha256(json.dumps(canonical(description), sort_keys=True).encode()).hexdigest()
