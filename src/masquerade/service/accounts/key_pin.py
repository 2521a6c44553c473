"""An invitation names the provider's public key, so that nobody else can stand in for the provider."""

import hashlib
from typing import Final

from masquerade.service.accounts.invitation_code import ALPHABET, PIN

ROUNDS: Final = 2**16
"""Of PBKDF2, which a browser has too."""
_LABEL: Final = b"masquerade/v1/pin\0"


def pin(secret: str, public: bytes) -> str:
    """What an invitation says of a public key: 8 characters, 40 bits.

    They hang on the invitation's secret, so that who does not know it cannot look for another key with the same pin;
    who does know it needs 2^40 keys of 2^17 hashes each, for this one invitation.
    """
    found = hashlib.pbkdf2_hmac("sha256", secret.encode(), _LABEL + public, ROUNDS, dklen=PIN * 5 // 8)
    number = int.from_bytes(found, "big")
    return "".join(ALPHABET[number >> 5 * at & 31] for at in reversed(range(PIN)))
