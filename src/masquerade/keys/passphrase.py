"""A secret sealed under a passphrase: Argon2id, then ChaCha20-Poly1305."""

from dataclasses import dataclass
from typing import Final
from unicodedata import normalize

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from masquerade.errors import CorruptKey, KeyCostRefused, UsageError, WrongPassphrase
from masquerade.keys.opaque import Secret

SALT_BYTES: Final = 16
TAG_BYTES: Final = 16
_NONCE: Final = bytes(12)
"""Zero is safe: each file has a fresh salt, so its sealing key seals once."""


@dataclass(frozen=True)
class PassphraseCost:
    """What each guess of a passphrase costs (RFC 9106).

    Args:
        memory_kib: Memory in KiB, at least 8 for each lane.
        passes: Passes over the memory, at least 1.
        lanes: Threads that may work on it, at least 1.
    """

    memory_kib: int
    passes: int
    lanes: int

    def __str__(self) -> str:
        return f"memory_kib={self.memory_kib} passes={self.passes} lanes={self.lanes}"


RFC_9106_LOW_MEMORY: Final = PassphraseCost(memory_kib=64 * 1024, passes=3, lanes=4)
"""RFC 9106, section 4, second recommended option."""
CHEAPEST: Final = PassphraseCost(memory_kib=8, passes=1, lanes=1)
"""For tests alone."""
HIGHEST: Final = PassphraseCost(memory_kib=1024 * 1024, passes=16, lanes=16)
"""What a key file may ask for: whoever wrote it decides how much work opening it is."""


def check_cost(cost: PassphraseCost, place: object) -> None:
    """Pass if the cost is sane, before any of it is spent.

    Raises:
        KeyCostRefused: If it is above ``HIGHEST``.
        CorruptKey: If Argon2 has no such cost.
    """
    if cost.memory_kib > HIGHEST.memory_kib or cost.passes > HIGHEST.passes or cost.lanes > HIGHEST.lanes:
        raise KeyCostRefused(
            "opening the key file would cost too much",
            value=_shortened(str(cost)),
            place=place,
            remedy=f"At most {HIGHEST} is accepted; do not use a key file from a stranger.",
        )
    if cost.passes < 1 or cost.lanes < 1 or cost.memory_kib < 8 * cost.lanes:
        raise CorruptKey("no such cost in Argon2", value=cost, place=place, remedy="Restore it from a copy.")


def seal(secret: Secret, passphrase: Secret, cost: PassphraseCost, salt: bytes, header: bytes) -> Secret:
    """Seal a secret; its header is authenticated along with it.

    Args:
        secret: What to seal.
        passphrase: As ``enveloped`` returns it.
        cost: What each guess shall cost.
        salt: 16 bytes, fresh for each call.
        header: The key file up to here.

    Returns:
        The sealed bytes, 16 more than the secret has.
    """
    aead = ChaCha20Poly1305(_sealing_key(passphrase, cost, salt).reveal())
    return Secret(aead.encrypt(_NONCE, secret.reveal(), header))


def unseal(
    sealed: Secret, passphrase: Secret, cost: PassphraseCost, salt: bytes, header: bytes, place: object
) -> Secret:
    """Open what ``seal`` has sealed.

    The tag does not commit to one passphrase: a crafted file can open under two. The caller therefore
    compares the fingerprint of what comes out.

    Raises:
        WrongPassphrase: If the passphrase does not open it.
    """
    aead = ChaCha20Poly1305(_sealing_key(passphrase, cost, salt).reveal())
    try:
        return Secret(aead.decrypt(_NONCE, sealed.reveal(), header))
    except InvalidTag:
        raise WrongPassphrase(
            "the passphrase does not open the key file", place=place, remedy="Check case and keyboard layout."
        ) from None


def enveloped(passphrase: str | None) -> Secret | None:
    """The passphrase as bytes: UTF-8 of its composed form (NFC), so that every keyboard gives the same.

    Raises:
        UsageError: If it is empty.
    """
    if passphrase is None:
        return None
    composed = Secret(normalize("NFC", passphrase).encode("utf-8", "surrogatepass"))
    del passphrase
    if not len(composed):
        raise UsageError("an empty passphrase", remedy="Give one, or save without a passphrase.")
    return composed


def _sealing_key(passphrase: Secret, cost: PassphraseCost, salt: bytes) -> Secret:
    argon2 = Argon2id(
        salt=salt, length=32, iterations=cost.passes, lanes=cost.lanes, memory_cost=cost.memory_kib
    )
    return Secret(argon2.derive(passphrase.reveal()))


def _shortened(text: str) -> str:
    return text if len(text) <= 100 else f"{text[:97]}..."
