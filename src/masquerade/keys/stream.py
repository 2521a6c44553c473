"""KeyStream: the secret numbers that a key gives for one purpose."""

from collections.abc import Sequence
from typing import final

import numpy as np
from numpy.typing import NDArray

from masquerade.errors import UsageError
from masquerade.keys import fields, haar, integers, normals
from masquerade.keys.derivation import expand
from masquerade.keys.keystream import Keystream
from masquerade.keys.opaque import Opaque, Secret


@final
class KeyStream(Opaque):
    """Secret numbers for one purpose, read from the front; ``Key.stream`` makes it.

    Every draw takes the next words of one ChaCha20 keystream, in the order in which the numbers stand in the
    result, and not a byte more. So ``normal(3)`` then ``normal(4)`` gives the numbers of ``normal(7)``, and a
    draw depends on what was drawn before it, never on chunks, threads or platform. ``fields`` stands apart:
    it depends on its nonces alone. One stream serves one thread.

    Args:
        secret: The key that it belongs to, 32 bytes.
        purpose: Name of the use, 1 to 200 printable ASCII characters.

    Raises:
        UsageError: If the purpose cannot be a label.
    """

    __slots__ = ("_field", "_words", "purpose")

    def __init__(self, secret: Secret, purpose: str) -> None:
        self.purpose = purpose
        self._words = Keystream(expand(secret, "stream", purpose))
        self._field = expand(secret, "field", purpose)

    def __repr__(self) -> str:
        purpose = getattr(self, "purpose", None)  # a traceback may show a stream that is being made
        return f"KeyStream(purpose={purpose!r})"

    def integers(self, below: int, count: int) -> NDArray[np.int64]:
        """Integers from 0 to ``below - 1``, unbiased: int64 ``(count,)``.

        Raises:
            UsageError: If ``below`` is not from 1 to 2^63, or ``count`` is negative.
        """
        return integers.integers(self._words, below, _checked(count))

    def permutation(self, n: int) -> NDArray[np.int64]:
        """A permutation of 0 to ``n - 1``, all equally likely: int64 ``(n,)``.

        Raises:
            UsageError: If ``n`` is not from 0 to 2^32.
        """
        return integers.permutation(self._words, n)

    def uniform(self, count: int) -> NDArray[np.float64]:
        """Numbers from 0 to below 1, the top 53 bits of a 64-bit word each: float64 ``(count,)``.

        Raises:
            UsageError: If ``count`` is negative.
        """
        return (self._words.words64(_checked(count)) >> np.uint64(11)).astype(np.float64) * 2.0**-53

    def normal(self, count: int) -> NDArray[np.float64]:
        """Standard normal numbers: float64 ``(count,)``.

        Raises:
            UsageError: If ``count`` is negative.
        """
        return normals.normal(self._words, _checked(count))

    def orthogonal(self, size: int, count: int) -> NDArray[np.float64]:
        """Orthogonal matrices, Haar on O(``size``): float64 ``(count, size, size)``.

        Raises:
            UsageError: If ``size`` is below 1, or ``count`` is negative.
        """
        return haar.orthogonal(self._words, size, _checked(count))

    def fields(self, nonces: Sequence[bytes], count: int) -> NDArray[np.float32]:
        """Numbers from 0 to below 1, 24 bits each, fresh for each nonce: float32 ``(len(nonces), count)``.

        A row depends on key, purpose and its 16-byte nonce alone: not on other rows, nor on earlier draws.

        Raises:
            UsageError: If a nonce is not 16 bytes long, or ``count`` is negative.
        """
        return fields.fields(self._field, nonces, _checked(count))


def _checked(count: int) -> int:
    if count < 0:
        raise UsageError("a negative number of draws", value=count, remedy="Ask for none or more.")
    return count
