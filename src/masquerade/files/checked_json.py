"""Canonical JSON with a checksum over everything else in it: the same fields always give the same bytes."""

import json
from collections.abc import Callable
from hashlib import sha256
from typing import Any, Final, TypeVar

from pydantic import BaseModel, ValidationError

Model = TypeVar("Model", bound=BaseModel)

CHECKSUM: Final = "checksum"


def canonical(fields: dict[str, Any]) -> bytes:
    """JSON in ASCII, its names sorted, with a line's end.

    Raises:
        ValueError: If a number is not finite.
    """
    return (json.dumps(fields, sort_keys=True, indent=1, ensure_ascii=True, allow_nan=False) + "\n").encode()


def checksum(fields: dict[str, Any]) -> str:
    """SHA-256 over the canonical JSON, hexadecimal; empty if there is none."""
    try:
        return sha256(canonical(fields)).hexdigest()
    except ValueError:
        return ""


def checked(fields: dict[str, Any]) -> bytes:
    """The canonical JSON of fields and their checksum."""
    return canonical({**fields, CHECKSUM: checksum(fields)})


def read_checked(kind: type[Model], fields: dict[str, Any], damaged: Callable[[str], Exception]) -> Model:
    """The model that fields with their checksum hold.

    Args:
        kind: Its class.
        fields: What was read, the checksum among it.
        damaged: Makes what is raised, from what is wrong.

    Raises:
        Exception: What ``damaged`` makes, if a field is wrong or the checksum is that of others.
    """
    rest = dict(fields)
    stated = rest.pop(CHECKSUM, None)
    try:
        model = kind.model_validate_json(json.dumps(rest))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise damaged(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from None
    if stated != checksum(rest):
        raise damaged("its checksum does not fit")
    return model
