"""From photos to the vectors of a gallery's recogniser, at a camera and at the owner's alike."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final, final

import numpy as np
import torch
from numpy.typing import NDArray

from masquerade.encoders.recogniser import NAMED_RECOGNISERS, Recogniser, open_recogniser
from masquerade.errors import OtherRecogniser
from masquerade.faces.reading import PhotoReader, way_of
from masquerade.sealed.folder import RECOGNISER
from masquerade.sealed.manifest import SealedManifest

_SIDE: Final = 112


@final
class FaceVectors:
    """Finds the face on a photo and gives its vector.

    Args:
        recogniser: The public recogniser.
        faces: As a manifest says how faces come out of photos.

    Raises:
        UsageError: If faces cannot be found on this machine.
    """

    def __init__(self, recogniser: Recogniser, faces: str) -> None:
        side = max(recogniser.side, _SIDE)
        self.recogniser = recogniser
        self.reader = PhotoReader(side, side, "RGB", way_of(faces))

    @classmethod
    def of(cls, folder: Path, manifest: SealedManifest) -> "FaceVectors":
        """Those of a gallery, from its public part.

        Raises:
            OtherRecogniser: If the recogniser there, or the one that comes with this version, is another one.
            MasqueradeError: If it cannot be opened.
        """
        named = manifest.recogniser in NAMED_RECOGNISERS
        recogniser = open_recogniser(manifest.recogniser if named else folder / RECOGNISER)
        if recogniser.digest != manifest.recogniser_digest:
            raise OtherRecogniser(
                "another recogniser than the gallery's",
                value=f"digest {recogniser.digest[:12]}, expected {manifest.recogniser_digest[:12]}",
                place=recogniser.name,
                remedy="Use the version of masquerade that the gallery was made with, or its public part as it was.",
            )
        return cls(recogniser, manifest.faces)

    def of_pixels(self, images: NDArray[np.uint8]) -> NDArray[np.float64]:
        """Unit vectors ``(n, e)`` of aligned faces, uint8 ``(n, 3, h, w)``."""
        found: NDArray[np.float64] = self.recogniser.embed(torch.from_numpy(images)).double().numpy()
        return found

    def of_photos(self, photos: Sequence[bytes], places: Sequence[str]) -> NDArray[np.float64]:
        """Unit vectors ``(n, e)`` of photos that have been read.

        Args:
            photos: Whole files.
            places: What to call each in a rejection.

        Raises:
            PhotoRejected: If one is not taken in, or no face is found on it.
        """
        read = [self.reader.of_bytes(data, place).pixels for data, place in zip(photos, places, strict=True)]
        return self.of_pixels(np.stack(read))
