"""Small secrets kept by somebody who holds a key: AES-256-GCM-SIV, bound to where they belong."""

from secrets import token_bytes
from typing import Final, final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCMSIV

from masquerade.errors import CorruptKey
from masquerade.keys.opaque import Opaque, Secret

NONCE_BYTES: Final = 12
TAG_BYTES: Final = 16


@final
class AeadBox(Opaque):
    """Seals and opens secrets under one key (RFC 8452: a nonce that came twice would only show equal secrets).

    Args:
        secret: 32 bytes that serve this box alone.
    """

    __slots__ = ("_aead",)

    def __init__(self, secret: Secret) -> None:
        self._aead = AESGCMSIV(secret.reveal())

    def seal(self, secret: Secret, belongs: bytes) -> bytes:
        """Seal a secret.

        Args:
            secret: What to seal.
            belongs: Where it belongs; it opens nowhere else.

        Returns:
            The nonce and the sealed bytes, 28 more than the secret has.
        """
        nonce = token_bytes(NONCE_BYTES)
        return nonce + self._aead.encrypt(nonce, secret.reveal(), belongs)

    def open(self, sealed: bytes, belongs: bytes) -> Secret:
        """Open what ``seal`` sealed.

        Raises:
            CorruptKey: If it was damaged, moved to another place, or sealed under another key.
        """
        try:
            return Secret(self._aead.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], belongs))
        except (InvalidTag, ValueError):
            raise CorruptKey(
                "a sealed secret does not open",
                remedy="It was damaged, moved, or sealed under another key; restore it from a copy.",
            ) from None

    def __repr__(self) -> str:
        return "Box(...)"
