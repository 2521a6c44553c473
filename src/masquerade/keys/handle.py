"""A handle to a key file: what travels to other processes in the place of a key."""

import os
from os import PathLike
from pathlib import Path
from typing import Final, final

from masquerade.errors import WrongPassphrase
from masquerade.keys.key import Key
from masquerade.keys.key_file import describe

PASSPHRASE_VARIABLE: Final = "MASQUERADE_PASSPHRASE"  # noqa: S105 - its name, not a passphrase
"""Environment variable with the passphrase of a locked key file; commands read it too."""


@final
class KeyFile:
    """Where a key is and which it is: its file's path and its fingerprint, no secret.

    It may be copied, pickled and sent to other processes of the same machine, or of one where the file stands at the
    same place. The key is read where it is used.

    Args:
        path: The key file; made absolute, so that a process in another folder finds it.
        fingerprint: Of the key that must be in it; by itself of the one that is in it now.

    Raises:
        KeyFileError: If there is no usable key file, and no fingerprint was given.
    """

    __slots__ = ("_fingerprint", "_path")

    def __init__(self, path: str | PathLike[str], fingerprint: str | None = None) -> None:
        self._path = Path(path).absolute()
        self._fingerprint = describe(self._path).fingerprint if fingerprint is None else fingerprint

    @property
    def path(self) -> Path:
        """The key file."""
        return self._path

    @property
    def fingerprint(self) -> str:
        """The public name of the key, 32 hexadecimal digits."""
        return self._fingerprint

    def load(self) -> Key:
        """The key; the passphrase of a locked file is read from the environment: ``MASQUERADE_PASSPHRASE``.

        Raises:
            KeyFileError: If the file is missing, damaged or readable by others; ``WrongPassphrase`` if it is locked and
                the variable is missing or holds another passphrase.
            WrongKey: If the file holds another key than when the handle was made.
        """
        locked = describe(self._path).protected
        if locked and PASSPHRASE_VARIABLE not in os.environ:
            raise WrongPassphrase(
                "the key file is locked",
                place=self._path,
                remedy=f"Set the variable {PASSPHRASE_VARIABLE}, in every process that uses the key.",
            )
        key = Key.load(self._path, os.environ[PASSPHRASE_VARIABLE] if locked else None)
        key.require(self._fingerprint, self._path)
        return key

    def __reduce__(self) -> tuple[type["KeyFile"], tuple[str, str]]:
        return KeyFile, (str(self._path), self._fingerprint)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, KeyFile):
            return NotImplemented
        return (self._path, self._fingerprint) == (other._path, other._fingerprint)

    def __hash__(self) -> int:
        return hash((self._path, self._fingerprint))

    def __repr__(self) -> str:
        path, name = getattr(self, "_path", None), getattr(self, "_fingerprint", None)  # it may be being made
        return f"KeyFile({str(path)!r}, fingerprint={name!r})"
