"""From a key's secret to what its file says, and back."""

from datetime import datetime

from masquerade.errors import UsageError, WrongPassphrase
from masquerade.keys.key_text import KeyText, Protection, header
from masquerade.keys.opaque import Secret
from masquerade.keys.passphrase import check_cost, seal, unseal


def closed(
    secret: Secret, fingerprint: str, created: datetime, passphrase: Secret | None, protection: Protection
) -> KeyText:
    """What the file of a key says.

    Args:
        secret: The key's 32 bytes.
        fingerprint: The key's fingerprint.
        created: When, UTC, whole seconds.
        passphrase: What to seal the secret under; None leaves it open to whoever can read the file.
        protection: How to seal it, if there is a passphrase.

    Raises:
        KeyCostRefused: If no release would open it again.
    """
    if passphrase is None:
        return KeyText(created, fingerprint, None, secret)
    check_cost(protection.cost, "passphrase cost")
    above = header(created, fingerprint, protection)
    sealed = seal(secret, passphrase, protection.cost, protection.salt, above)
    return KeyText(created, fingerprint, protection, sealed)


def opened(text: KeyText, passphrase: Secret | None, place: object) -> Secret:
    """The key's bytes, still to be compared with the fingerprint.

    Raises:
        KeyCostRefused: If the file asks for too much work; nothing of it has been done.
        WrongPassphrase: If the passphrase does not open it, or is missing.
        UsageError: If a passphrase is given and none is needed.
    """
    if text.protection is None:
        if passphrase is not None:
            raise UsageError("the key file needs no passphrase", place=place, remedy="Load it without one.")
        return text.secret
    cost, salt = text.protection.cost, text.protection.salt
    check_cost(cost, place)
    if passphrase is None:
        raise WrongPassphrase("the key file needs a passphrase", place=place, remedy="Give its passphrase.")
    above = header(text.created, text.fingerprint, text.protection)
    return unseal(text.secret, passphrase, cost, salt, above, place)
