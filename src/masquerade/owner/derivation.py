"""Whether this platform derives the same secret numbers as the one that disguised the data."""

from masquerade.disguises.base import Keyed
from masquerade.errors import DerivationMismatch
from masquerade.keys import Key


def derivation_check(key: Key, keyed: Keyed) -> str:
    """HMAC of the disguise's secret numbers: tells its owner that they agree, and nobody else anything."""
    return key.authenticate("released/derivation", keyed.digest())


def require_derivation(key: Key, keyed: Keyed, check: str, place: object) -> None:
    """Pass if the secret numbers are those that ``check`` was made of.

    Raises:
        DerivationMismatch: If not.
    """
    if derivation_check(key, keyed) != check:
        raise DerivationMismatch(
            "the key gives other numbers here than where the photos were disguised",
            place=place,
            remedy="Use the same version of masquerade, or disguise the photos and train again.",
        )
