"""Canonical JSON with a checksum over everything else in it: the same fields always give the same bytes."""

import json
from hashlib import sha256
from typing import Any, Final

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
