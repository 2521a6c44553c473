"""The bytes that all secret numbers are made of: a ChaCha20 keystream, read once from the front."""

from typing import Any, Final, final

import numpy as np
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import ChaCha20
from numpy.typing import NDArray

from masquerade.errors import UsageError
from masquerade.keys.opaque import Opaque, Secret

_ZEROS: Final = memoryview(bytes(1 << 18))
_COUNTER_AND_NONCE: Final = bytes(16)
"""Zero is safe: each keystream has a key of its own."""
_LONGEST: Final = 1 << 38
"""Bytes until ChaCha20's 32-bit block counter is used up."""


@final
class Keystream(Opaque):
    """ChaCha20 (RFC 8439) under one key, block counter and nonce zero.

    Args:
        secret: 32 bytes that serve this keystream alone.
    """

    __slots__ = ("_cipher", "_position")

    def __init__(self, secret: Secret) -> None:
        self._cipher: Any = Cipher(ChaCha20(secret.reveal(), _COUNTER_AND_NONCE), mode=None).encryptor()
        self._position = 0

    def __repr__(self) -> str:
        return "Keystream(...)"

    def words32(self, count: int) -> NDArray[np.uint32]:
        """The next ``count`` 32-bit words, little-endian."""
        return self._take(4 * count).view("<u4").astype(np.uint32, copy=False)

    def words64(self, count: int) -> NDArray[np.uint64]:
        """The next ``count`` 64-bit words, little-endian."""
        return self._take(8 * count).view("<u8").astype(np.uint64, copy=False)

    def _take(self, length: int) -> NDArray[np.uint8]:
        self._position += length
        if self._position > _LONGEST:
            raise UsageError(
                "a keystream is used up", value=f"{_LONGEST} bytes", remedy="Draw by several purposes."
            )
        taken = np.empty(length, np.uint8)
        self.write_to(taken.data)
        return taken

    def write_to(self, target: memoryview) -> None:
        """Fill a writable byte buffer with the next bytes; it counts nothing."""
        for start in range(0, len(target), len(_ZEROS)):
            part = target[start : start + len(_ZEROS)]
            self._cipher.update_into(_ZEROS[: len(part)], part)
