"""Key: the owner's secret, and the only source of secret randomness."""

from datetime import UTC, datetime
from hmac import compare_digest
from os import PathLike
from pathlib import Path
from secrets import token_bytes
from typing import Final, final

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC

from masquerade.errors import CorruptKey, UsageError, WrongKey
from masquerade.keys import key_file
from masquerade.keys.box import AeadBox
from masquerade.keys.derivation import expand
from masquerade.keys.key_text import KeyText, Protection, in_whole_seconds, parse, serialise
from masquerade.keys.opaque import Opaque, Secret
from masquerade.keys.passphrase import RFC_9106_LOW_MEMORY, SALT_BYTES, PassphraseCost, enveloped
from masquerade.keys.sealing import closed, opened
from masquerade.keys.signer import Signer
from masquerade.keys.stream import KeyStream

KEY_BYTES: Final = 32


@final
class Key(Opaque):
    """32 secret bytes, from ``generate``, ``load`` or ``derive``; only ``save`` writes them out.

    Two keys are equal if their bytes are, compared in constant time. A key has no hash, so that no dictionary
    or cache keeps it alive by accident.

    Args:
        secret: The bytes in their envelope.

    Raises:
        UsageError: If there are not 32 of them.
    """

    __slots__ = ("_fingerprint", "_secret")
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, secret: Secret) -> None:
        if not isinstance(secret, Secret) or len(secret) != KEY_BYTES:
            del secret  # it may be the raw bytes of a key, which the traceback would show
            raise UsageError(
                "a key is 32 secret bytes in their envelope",
                remedy="Use Key.generate() or Key.load(path).",
            )
        self._secret = secret
        self._fingerprint = expand(secret, "fingerprint", "key", 16).reveal().hex()

    @staticmethod
    def generate() -> "Key":
        """A new key from the operating system's generator."""
        return Key(Secret(token_bytes(KEY_BYTES)))

    @staticmethod
    def from_secret(secret: bytes) -> "Key":
        """Make a key from bytes that somebody knows.

        For vectors, tests and an audit's seeded keys, never for an owner.

        Raises:
            UsageError: If there are not 32 bytes.
        """
        held = Secret(secret)
        del secret
        return Key(held)

    @staticmethod
    def load(path: str | PathLike[str], passphrase: str | None = None, *, to_lock: bool = False) -> "Key":
        """The key in a key file.

        Args:
            path: The key file.
            passphrase: Its passphrase, if it has one.
            to_lock: Whether it is only to be locked, as it must be where a file system keeps no permissions.

        Raises:
            KeyFileError: If the file is missing or cannot be read.
            CorruptKey: If it is no key file, damaged or cut short.
            UnsupportedKeyVersion: If it is of another version.
            ExposedKey: If others than its owner can read or write it.
            KeyCostRefused: If its passphrase asks for more than 1 GiB or an absurd time.
            WrongPassphrase: If the passphrase does not open it, or is missing.
            UsageError: If a passphrase is given and none is needed.
        """
        held = enveloped(passphrase)
        del passphrase
        return Key._of(key_file.read(Path(path), to_lock=to_lock), held, path)

    @staticmethod
    def unlocked(content: bytes, passphrase: str, place: object) -> tuple["Key", datetime]:
        """The key in the text of a locked key file, and when that was written.

        Args:
            content: What ``locked`` gave.
            passphrase: Its passphrase.
            place: Where the text stands, for messages.

        Raises:
            KeyFileError: As ``load``.
        """
        held = enveloped(passphrase)
        del passphrase
        text = parse(Secret(content), place)
        return Key._of(text, held, place), text.created

    @staticmethod
    def _of(text: KeyText, passphrase: Secret | None, place: object) -> "Key":
        key = Key(opened(text, passphrase, place))
        if key.fingerprint != text.fingerprint:
            raise CorruptKey(
                "the secret does not have the fingerprint that the file states",
                value=text.fingerprint,
                place=place,
                remedy="Somebody has put the file together; restore it from a copy.",
            )
        return key

    def save(
        self,
        path: str | PathLike[str],
        passphrase: str | None = None,
        overwrite: bool = False,
        *,
        created: datetime | None = None,
        cost: PassphraseCost = RFC_9106_LOW_MEMORY,
    ) -> None:
        """Write the key file: text, mode 0600, the whole of it or nothing.

        Args:
            path: Where to.
            passphrase: What to seal it under; without one, whoever reads the file has the key.
            overwrite: Whether an existing file may be replaced.
            created: The time to state, with time zone; now, if None.
            cost: What each guess of the passphrase costs.

        Raises:
            UsageError: If the file exists and may not be replaced, or the passphrase is empty.
            KeyFileError: If the file cannot be written; ``ExposedKey`` if others could read it there.
            KeyCostRefused: If no release would open it again.
        """
        held = enveloped(passphrase)
        del passphrase
        content = self._text(held, created, cost)
        key_file.write(Path(path), content, overwrite=overwrite, sealed=held is not None)

    def locked(
        self,
        passphrase: str,
        *,
        created: datetime | None = None,
        cost: PassphraseCost = RFC_9106_LOW_MEMORY,
    ) -> bytes:
        """The text of a key file that a passphrase locks, for a backup.

        Args:
            passphrase: What to seal it under.
            created: The time to state, with time zone; now, if None.
            cost: What each guess of the passphrase costs.

        Raises:
            UsageError: If the passphrase is empty.
            KeyCostRefused: If no release would open it again.
        """
        held = enveloped(passphrase)
        del passphrase
        assert held is not None  # noqa: S101 - a passphrase was given
        return self._text(held, created, cost).reveal()

    def _text(self, passphrase: Secret | None, created: datetime | None, cost: PassphraseCost) -> Secret:
        moment = in_whole_seconds(created or datetime.now(UTC))
        protection = Protection(cost, token_bytes(SALT_BYTES))
        return serialise(closed(self._secret, self.fingerprint, moment, passphrase, protection))

    @property
    def fingerprint(self) -> str:
        """The public name of the key: 16 bytes derived from it, as 32 hexadecimal digits."""
        return self._fingerprint

    def derive(self, purpose: str) -> "Key":
        """Another key, from which this one cannot be found.

        Raises:
            UsageError: If the purpose is not 1 to 200 printable ASCII characters.
        """
        return Key(expand(self._secret, "key", purpose))

    def stream(self, purpose: str) -> KeyStream:
        """The secret numbers for a purpose, from their beginning.

        Raises:
            UsageError: If the purpose is not 1 to 200 printable ASCII characters.
        """
        return KeyStream(self._secret, purpose)

    def authenticate(self, purpose: str, data: bytes) -> str:
        """HMAC-SHA256 of ``data`` under a key derived for the purpose, hexadecimal.

        Raises:
            UsageError: If the purpose is not 1 to 200 printable ASCII characters.
        """
        code = HMAC(expand(self._secret, "authenticate", purpose).reveal(), SHA256())
        code.update(data)
        return code.finalize().hex()

    def box(self, purpose: str) -> AeadBox:
        """What seals small secrets under a key derived for the purpose.

        Raises:
            UsageError: If the purpose is not 1 to 200 printable ASCII characters.
        """
        return AeadBox(expand(self._secret, "box", purpose))

    def signer(self, purpose: str) -> Signer:
        """What signs under a key derived for the purpose.

        Raises:
            UsageError: If the purpose is not 1 to 200 printable ASCII characters.
        """
        return Signer(expand(self._secret, "sign", purpose))

    def require(self, fingerprint: str, place: object) -> None:
        """Pass if this is the key with that fingerprint.

        Args:
            fingerprint: 32 hexadecimal digits, as a data set or model states them.
            place: The data set or model, for the message.

        Raises:
            WrongKey: If it is another key.
        """
        if fingerprint != self.fingerprint:
            raise WrongKey(
                "made with another key",
                value=f"{fingerprint!r}, while this key is {self.fingerprint!r}",
                place=place,
                remedy="Load the key with that fingerprint; `masquerade key show` names a key file's.",
            )

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Key):
            return NotImplemented
        return compare_digest(self._secret.reveal(), other._secret.reveal())

    def __repr__(self) -> str:
        name = getattr(self, "_fingerprint", None)  # a traceback may show a key that is being made
        return f"Key(fingerprint={name!r})"
