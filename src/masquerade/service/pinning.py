"""An invitation names the provider's public key, so that nobody else can stand in for the provider."""

import base64
from hashlib import sha256
from typing import Final

PIN_BYTES: Final = 16
"""Of the key's digest: whoever wants to stand in must find another key of the same, about 2^128 tries."""


def pin(public: bytes) -> str:
    """What an invitation says of a public key, 22 characters."""
    return base64.urlsafe_b64encode(sha256(public).digest()[:PIN_BYTES]).decode().rstrip("=")


def pinned(code: str) -> tuple[str, str]:
    """The secret of an invitation's code, and what it says of the public key; nothing, if it says nothing."""
    secret, _, told = code.partition(".")
    return secret, told
