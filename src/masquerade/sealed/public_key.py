"""Public keys of a gallery, read from its public part without trust."""

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

from masquerade.errors import DamagedCiphertext
from masquerade.files.opening import read_file
from masquerade.sealed.manifest import SealedManifest
from masquerade.sealed.ring import ring

if TYPE_CHECKING:
    import seal

_LARGEST: Final = 4 << 20
"""Bytes; the largest key takes 0.4 MB."""

Key = TypeVar("Key")


def encryption_key(folder: Path, manifest: SealedManifest) -> "seal.PublicKey":
    """What encrypts.

    Raises:
        DamagedCiphertext: As the others, if the file is missing, or not the one that the manifest lists.
    """
    return _key(folder, manifest, "encryption", ring().context.from_public_str)


def rotation_key(folder: Path, manifest: SealedManifest) -> "seal.GaloisKeys":
    """What rotates a probe by one place."""
    return _key(folder, manifest, "rotation", ring().context.from_galois_str)


def product_key(folder: Path, manifest: SealedManifest) -> "seal.RelinKeys":
    """What shrinks a product to two polynomials."""
    return _key(folder, manifest, "product", ring().context.from_relin_str)


def _key(folder: Path, manifest: SealedManifest, purpose: str, read: Callable[[bytes], Key]) -> Key:
    entry = manifest.keys[purpose]
    path = folder / entry.name
    try:
        data = read_file(path, _LARGEST)
    except OSError as error:
        raise _damaged(str(error.strerror), path) from None
    if sha256(data).hexdigest() != entry.sha256:
        raise _damaged("not the one that the manifest lists", path)
    try:
        return read(data)
    except (ValueError, RuntimeError) as error:
        raise _damaged(str(error), path) from None


def _damaged(what: str, path: Path) -> DamagedCiphertext:
    return DamagedCiphertext(
        "a public key is damaged or missing", value=what, place=path, remedy="Copy it from the owner again."
    )
