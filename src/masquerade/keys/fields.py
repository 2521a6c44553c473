"""Fresh random numbers for each image: one row for each nonce, whatever its batch."""

from collections.abc import Sequence

import numpy as np
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC
from numpy.typing import NDArray

from masquerade.errors import UsageError
from masquerade.keys.keystream import Keystream
from masquerade.keys.opaque import Secret

NONCE_BYTES = 16


def fields(secret: Secret, nonces: Sequence[bytes], count: int) -> NDArray[np.float32]:
    """Draw a row of uniform numbers for each nonce.

    A row's keystream has the key HMAC-SHA256(secret, nonce); a number is the top 24 bits of a 32-bit word.

    Args:
        secret: 32 bytes.
        nonces: 16 bytes each.
        count: Numbers in a row.

    Returns:
        float32 ``(len(nonces), count)``, from 0 to below 1.

    Raises:
        UsageError: If a nonce is not 16 bytes long.
    """
    bits = np.empty((len(nonces), count), "<u4")
    keyed = HMAC(secret.reveal(), SHA256())
    for row, nonce in zip(bits, nonces, strict=True):
        if len(nonce) != NONCE_BYTES:
            raise UsageError(
                "a nonce of another length", value=f"{len(nonce)} bytes", remedy="Give 16 bytes."
            )
        code = keyed.copy()
        code.update(nonce)
        Keystream(Secret(code.finalize())).write_to(row.data.cast("B"))
    bits >>= 8
    numbers = bits.astype(np.float32)
    numbers *= np.float32(2.0**-24)
    return numbers
