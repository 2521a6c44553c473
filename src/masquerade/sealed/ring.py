"""Encoding and arithmetic in the ring, and ciphertexts as packed bytes.

A prime has 36 bits, and SEAL writes a number of a ciphertext in 64: here two of them take 9 bytes. What SEAL says
beside the numbers is the same for all ciphertexts of a level but for the correction factor, which stands in front.
"""

import struct
from functools import cache
from typing import TYPE_CHECKING, Final, final

import numpy as np
from numpy.typing import NDArray

from masquerade.errors import DamagedCiphertext
from masquerade.sealed.library import seal_library
from masquerade.sealed.parameters import STANDARD, Parameters, context

if TYPE_CHECKING:
    import seal

_BITS: Final = 36
_MASK: Final = np.uint64((1 << _BITS) - 1)
_FACTOR: Final = 8
_FACTOR_AT: Final = 81
_POLYNOMIALS: Final = 2
_HEADER: Final = struct.Struct("<2s4BHQ4QB3QdQ2s4BHQQ")
"""SEAL's own head of a ciphertext without compression: two of its headers, and what is between them."""


@final
class Ring:
    """A context of SEAL's with its encoder and evaluator; serves one thread.

    Args:
        parameters: Of BGV.

    Raises:
        RefusedParameters: If they are not hard enough.
        UsageError: If SEAL is not installed.
    """

    def __init__(self, parameters: Parameters = STANDARD) -> None:
        seal = seal_library()
        self.context = context(parameters)
        self.encoder = seal.BatchEncoder(self.context)
        self.evaluator = seal.Evaluator(self.context)
        self._degree = parameters.degree
        self._version = seal.Plaintext().to_bytes()[3:5]
        fresh = len(parameters.prime_bits) - 1
        self._levels = {fresh: self.context.first_parms_id(), 1: self.context.last_parms_id()}
        self.fresh = fresh

    def bytes_of(self, level: int) -> int:
        """Bytes of a packed ciphertext with ``level`` primes."""
        return _FACTOR + self._numbers(level) * _BITS // 8

    def pack(self, ciphertext: "seal.Ciphertext") -> bytes:
        """A ciphertext of two polynomials as bytes."""
        written: bytes = ciphertext.to_string()
        numbers: NDArray[np.uint64] = np.frombuffer(written, "<u8", offset=_HEADER.size)
        low, high = numbers[0::2], numbers[1::2]
        factor = written[_FACTOR_AT : _FACTOR_AT + _FACTOR]
        return (
            factor
            + (low | (high << np.uint64(_BITS))).tobytes()
            + (high >> np.uint64(28)).astype(np.uint8).tobytes()
        )

    def unpack(self, data: bytes | memoryview, level: int, place: object) -> "seal.Ciphertext":
        """The ciphertext in some bytes, which are taken for hostile.

        Args:
            data: What ``pack`` gave.
            level: Primes that it has: ``fresh``, or 1 after switching down.
            place: Where they come from, for messages.

        Raises:
            DamagedCiphertext: If they are of another length, or no numbers below the primes.
        """
        if len(data) != self.bytes_of(level):
            raise damaged(f"{len(data)} bytes, expected {self.bytes_of(level)}", place)
        numbers = _unpacked(data, self._numbers(level))
        head = self._header(level, int.from_bytes(data[:_FACTOR], "little"))
        try:
            return self.context.from_cipher_str(head + numbers.tobytes())
        except (ValueError, RuntimeError) as error:
            raise damaged(str(error), place) from None

    def encode(self, slots: NDArray[np.int64]) -> "seal.Plaintext":
        """A plaintext of integers, ``(n,)``."""
        return self.encoder.encode(slots)

    def decode(self, plaintext: "seal.Plaintext") -> NDArray[np.int64]:
        """The integers of a plaintext, ``(n,)``."""
        return np.asarray(self.encoder.decode(plaintext), np.int64)

    def _numbers(self, level: int) -> int:
        return _POLYNOMIALS * level * self._degree

    def _header(self, level: int, factor: int) -> bytes:
        major, minor = self._version
        numbers = self._numbers(level)
        inner = (b"\x5e\xa1", 16, major, minor, 0, 0, 24 + 8 * numbers, numbers)
        outer = (b"\x5e\xa1", 16, major, minor, 0, 0, _HEADER.size + 8 * numbers)
        about = (*self._levels[level], 1, _POLYNOMIALS, self._degree, level, 1.0, factor)
        return _HEADER.pack(*outer, *about, *inner)


@cache
def ring() -> Ring:
    """The ring of every sealed gallery."""
    return Ring()


def damaged(what: str, place: object) -> DamagedCiphertext:
    """What is raised of bytes that are no ciphertext."""
    return DamagedCiphertext(
        "a ciphertext is damaged or cut short", value=what, place=place, remedy="Make or send it again."
    )


def _unpacked(data: bytes | memoryview, count: int) -> NDArray[np.uint64]:
    numbers = np.empty(count, np.uint64)
    words = np.frombuffer(data, "<u8", count // 2, _FACTOR)
    rest = np.frombuffer(data, np.uint8, count // 2, _FACTOR + 4 * count)
    numbers[0::2] = words & _MASK
    numbers[1::2] = (words >> np.uint64(_BITS)) | (rest.astype(np.uint64) << np.uint64(28))
    return numbers
