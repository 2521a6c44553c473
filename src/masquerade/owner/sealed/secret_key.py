"""SEAL's keys: drawn by SEAL itself from the system's generator, since it takes no numbers of ours."""

from hashlib import sha256
from secrets import token_hex
from typing import TYPE_CHECKING, final

import numpy as np
from numpy.typing import NDArray

from masquerade.errors import CorruptKey
from masquerade.keys.opaque import Opaque, Secret
from masquerade.sealed.library import seal_library
from masquerade.sealed.manifest import KeyEntry
from masquerade.sealed.ring import ring

if TYPE_CHECKING:
    import seal


@final
class SecretKey(Opaque):
    """Encrypts and decrypts; serves one thread.

    Args:
        secret: What SEAL wrote.

    Raises:
        CorruptKey: If it is no secret key of the ring.
    """

    __slots__ = ("_decryptor", "_encryptor")

    def __init__(self, secret: Secret) -> None:
        seal = seal_library()
        context = ring().context
        try:
            key = context.from_secret_str(secret.reveal())
            self._decryptor = seal.Decryptor(context, key)
            self._encryptor = seal.Encryptor(context, key)
        except (ValueError, RuntimeError):
            raise CorruptKey(
                "the secret key of a sealed gallery is damaged", remedy="Restore the record from a copy."
            ) from None

    def encrypted(self, slots: NDArray[np.int64]) -> "seal.Ciphertext":
        """Integers ``(n,)`` as a ciphertext."""
        return self._encryptor.encrypt_symmetric(ring().encode(slots))

    def decrypted(self, ciphertext: "seal.Ciphertext") -> NDArray[np.int64]:
        """The integers ``(n,)`` in a ciphertext."""
        return ring().decode(self._decryptor.decrypt(ciphertext))

    def noise_budget(self, ciphertext: "seal.Ciphertext") -> int:
        """Bits that its noise may still grow by before it decrypts to something else."""
        return int(self._decryptor.invariant_noise_budget(ciphertext))

    def __repr__(self) -> str:
        return "SecretKey(...)"


def drawn() -> tuple[Secret, dict[str, KeyEntry], dict[str, bytes]]:
    """A new secret key, and the public keys to it: as the manifest lists them, and the contents of their files."""
    seal = seal_library()
    generator = seal.KeyGenerator(ring().context)
    rotation = seal.GaloisKeys()
    generator.create_galois_keys([1], rotation)
    public = {
        "encryption": generator.create_public_key().to_string(),
        "rotation": rotation.to_string(),
        "product": generator.create_relin_keys().to_string(),
    }
    entries = {
        purpose: KeyEntry(name=f"{purpose}-{token_hex(8)}.seal", sha256=sha256(data).hexdigest())
        for purpose, data in public.items()
    }
    files = {entries[purpose].name: data for purpose, data in public.items()}
    return Secret(generator.secret_key().to_string()), entries, files
