"""One photo in, as recognisers are shown it: the face found, turned upright and cut to a template."""

import threading
from pathlib import Path
from typing import Final, Literal, NamedTuple, final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from masquerade.data.decode_errors import rejected
from masquerade.data.intake import Mode, decode_bytes, read, whole_bytes
from masquerade.data.photo_tree import told
from masquerade.data.rejection import Rejection
from masquerade.data.resize import check_target, fit
from masquerade.errors import UsageError
from masquerade.faces.alignment import bounds, placement, settled
from masquerade.faces.finder import SHA256, Face, FaceFinder
from masquerade.faces.sampling import seen

FaceHandling = Literal["auto", "as-is"]
"""Whether faces are found and aligned, or pictures are taken for aligned faces."""
WAYS: Final[tuple[FaceHandling, ...]] = ("auto", "as-is")
FOUND: Final = f"auto:{SHA256}"
"""What files say of photos on which faces were found: by which detector."""
SMALL: Final = 64
"""Longer side in pixels up to which a picture is taken for an aligned face: no camera gives so small a one."""
THRESHOLD: Final = 0.8
"""Least score of a face; 6 of 600 pictures without people have one, and all but 2 of 1,200 aligned faces."""


class Reading(NamedTuple):
    """What was read of a photo.

    Args:
        pixels: uint8 ``(c, height, width)``.
        faces: How many faces were found; 0 if none was looked for.
    """

    pixels: NDArray[np.uint8]
    faces: int


@final
class PhotoReader:
    """Reads photos; may be called from several threads.

    Of several faces the largest is taken. Small pictures are taken as they are, cropped about the centre.

    Args:
        height: Rows wanted.
        width: Columns wanted.
        mode: "RGB" or "L".
        faces: "auto", or "as-is" for pictures that hold an aligned face each: cropped about the centre.

    Raises:
        UsageError: If faces cannot be found on this machine, or no picture can have that size or mode.
    """

    def __init__(self, height: int, width: int, mode: Mode, faces: FaceHandling = "as-is") -> None:
        check_target(height, width, mode)
        self.height, self.width, self.mode = height, width, mode
        self.channels = 3 if mode == "RGB" else 1
        self._finder = _finder() if faces == "auto" else None
        self._several: list[str] = []
        self._lock = threading.Lock()

    @property
    def described(self) -> str:
        """What files say of it: "as-is", or "auto" with the detector's digest."""
        return "as-is" if self._finder is None else FOUND

    def __call__(self, path: Path) -> NDArray[np.uint8]:
        """Pixels of one photo file, uint8 ``(c, height, width)``; several faces are remembered for ``notices``.

        Raises:
            PhotoRejected: If the photo is not taken in, or no face is found on it.
        """
        found = self.of_bytes(read(path)[0], path)
        if found.faces > 1:
            with self._lock:
                self._several.append(several(str(path), found.faces))
        return found.pixels

    def notices(self) -> tuple[str, ...]:
        """What is to be told of photos that were taken in."""
        return several_notices(self._several)

    def of_bytes(self, data: bytes, place: Path | str) -> Reading:
        """Pixels of a photo that has been read.

        Args:
            data: A whole file.
            place: What to call the photo in a rejection.

        Raises:
            PhotoRejected: If the photo is not taken in, or no face is found on it.
        """
        if self._finder is None:
            return Reading(decode_bytes(data, self.height, self.width, self.mode, place=place), 0)
        photo = whole_bytes(data, self.mode, place=place)
        if max(photo.shape[:2]) <= SMALL:
            return Reading(decode_bytes(data, self.height, self.width, self.mode, place=place), 0)
        return self._of_face(self._finder, photo, place)

    def of_pixels(self, photo: NDArray[np.uint8], place: str) -> NDArray[np.uint8]:
        """Pixels of a photo in memory.

        Args:
            photo: uint8 ``(h, w, c)`` in the reader's mode, or grey.
            place: What to call the photo in a rejection.

        Raises:
            PhotoRejected: If no face is found on it.
        """
        photo = np.ascontiguousarray(np.broadcast_to(photo, (*photo.shape[:2], self.channels)))
        if self._finder is not None and max(photo.shape[:2]) > SMALL:
            return self._of_face(self._finder, photo, place).pixels
        fitted = fit(
            Image.fromarray(photo.squeeze(2) if self.mode == "L" else photo), self.height, self.width
        )
        pixels = np.asarray(fitted).reshape(self.height, self.width, -1)
        return np.ascontiguousarray(pixels.transpose(2, 0, 1))

    def _of_face(self, finder: FaceFinder, photo: NDArray[np.uint8], place: Path | str) -> Reading:
        faces = [face for face in finder(photo) if face.score >= THRESHOLD]
        if not faces:
            raise rejected(Rejection.NO_FACE, place, "no face found")
        pixels = aligned(photo, max(faces, key=_area), self.height, self.width)
        if pixels is None:
            raise rejected(Rejection.NO_FACE, place, "its face lies outside of the picture")
        return Reading(pixels, len(faces))


def aligned(photo: NDArray[np.uint8], face: Face, height: int, width: int) -> NDArray[np.uint8] | None:
    """A face as recognisers are shown it, uint8 ``(c, height, width)``; None if its square misses the photo.

    Args:
        photo: uint8 ``(h, w, c)``.
        face: Where it is.
        height: Rows wanted.
        width: Columns wanted; of a square as large as the longer side the middle is taken.
    """
    square = settled(placement(face))
    if any(part.stop <= part.start for part in bounds(square, *photo.shape[:2])):
        return None
    size = max(height, width)
    top, left = (size - height) // 2, (size - width) // 2
    middle = seen(photo, square, size)[top : top + height, left : left + width]
    return np.ascontiguousarray(middle.transpose(2, 0, 1))


def several(name: str, faces: int) -> str:
    """A photo with several faces, for ``several_notices``."""
    return f"{name} ({faces} faces)"


def several_notices(photos: list[str]) -> tuple[str, ...]:
    """A sentence on photos with several faces, none if there is no such photo."""
    return told({"several faces, the largest taken": photos}, "") if photos else ()


def way_of(faces: str) -> FaceHandling:
    """The way that a file says photos were read in.

    Raises:
        UsageError: If it is none that this version knows.
    """
    known: dict[str, FaceHandling] = {FOUND: "auto", **{way: way for way in WAYS}}
    if faces not in known:
        raise UsageError(
            "no such way to find faces",
            value=faces[:80],
            place="--faces",
            remedy="Say auto or as-is; for files of another version, use that version.",
        )
    return known[faces]


def _finder() -> FaceFinder:
    try:
        return FaceFinder()
    except UsageError as error:
        raise UsageError(
            error.problem,
            value=error.value,
            place=error.place,
            remedy=f"{error.remedy}. Or pass --faces as-is if every picture holds one aligned face.",
        ) from error


def _area(face: Face) -> float:
    return face.box[2] * face.box[3]
