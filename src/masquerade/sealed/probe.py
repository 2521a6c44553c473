"""What a camera does: a face's vector goes out encrypted, and the camera cannot read what it has sent."""

from pathlib import Path
from typing import TYPE_CHECKING, final

import numpy as np
from numpy.typing import NDArray

from masquerade.errors import OtherRecogniser
from masquerade.sealed.cards import PROBE, ProbeCard
from masquerade.sealed.envelope import packed
from masquerade.sealed.layout import probe_slots
from masquerade.sealed.library import seal_library
from masquerade.sealed.manifest import SealedManifest
from masquerade.sealed.public_key import encryption_key
from masquerade.sealed.ring import ring
from masquerade.sealed.vectors import quantised

if TYPE_CHECKING:
    import seal


@final
class Camera:
    """Whoever shows faces to a gallery: holds the public key alone.

    Args:
        manifest: The gallery's.
        key: What encrypts.
    """

    def __init__(self, manifest: SealedManifest, key: "seal.PublicKey") -> None:
        self.manifest = manifest
        self._encryptor = seal_library().Encryptor(ring().context, key)

    @classmethod
    def load(cls, folder: Path) -> "Camera":
        """The camera of a gallery, from its public part; blocks of people are not read, and need not be there.

        Raises:
            SealedError: If the manifest or the key is damaged or refused.
            UsageError: If it is no public part, or SEAL is not installed.
        """
        manifest = SealedManifest.load(folder)
        return cls(manifest, encryption_key(folder, manifest))

    def probe(self, vector: NDArray[np.floating]) -> bytes:
        """A face's vector as the bytes to send, 74 KB; other bytes each time.

        Args:
            vector: float ``(e,)``, of length 1, by the recogniser that the manifest names.

        Raises:
            OtherRecogniser: If it has another size than the gallery's vectors.
        """
        if vector.shape != (self.manifest.size,):
            raise OtherRecogniser(
                "a vector of another recogniser",
                value=f"shape {vector.shape}, expected ({self.manifest.size},)",
                remedy=f"The gallery's is {self.manifest.recogniser}.",
            )
        encoded = ring().encode(probe_slots(quantised(vector[None])[0]))
        card = ProbeCard(gallery=self.manifest.gallery, keys=self.manifest.public_key)
        return packed(PROBE, card, [ring().pack(self._encryptor.encrypt(encoded))])
