"""Pairs of photos and protected pictures, read one by one: aligned, and looked through for what was not protected."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final, final

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from masquerade.audit.folders.aligning import onto
from masquerade.audit.folders.pairing import PhotoPair
from masquerade.audit.folders.traces import Traces, traces_in
from masquerade.audit.results import Missed
from masquerade.data.decode_errors import rejected
from masquerade.data.intake import read, whole_bytes
from masquerade.data.printable import printable
from masquerade.data.rejection import Rejection
from masquerade.data.resize import fit
from masquerade.errors import PhotoRejected
from masquerade.faces.alignment import Placement, placement, settled
from masquerade.faces.finder import Face, FaceFinder
from masquerade.faces.reading import SMALL, THRESHOLD, FaceHandling, aligned
from masquerade.faces.sampling import seen

UNCHANGED: Final = 1.0
"""Grey levels of mean difference up to which a picture is the photo itself, saved again."""
MISSED: Final = 2.5
"""Grey levels of mean difference up to which a face was not touched."""
LISTED: Final = 20
"""Paths that a report names of one kind."""
LOOKED: Final = 1000
"""Pictures at most that faces are looked for on, once protected."""
_MARKED: Final = 3
"""Marks of a file beyond those that any program writes."""

Pixels = NDArray[np.uint8]
_KINDS: Final = {
    "copied": "pictures are the photo's very file",
    "unchanged": "pictures are the photo, as it was",
    "faces": "pictures show the face untouched, though something else changed",
    "others": "pictures leave another face of the photo untouched",
    "found": "pictures still show a face that a detector finds",
    "marks": "pictures carry marks of the photo's file: time, camera or place",
    "unaligned": "pictures could not be laid upon their photo, and were taken as they are",
}


@dataclass
class Counted:
    """How many of how many, and the first paths."""

    of: int = 0
    paths: list[str] = field(default_factory=list)


@final
class PairsRead:
    """Pairs that were read, as arrays, and what was noticed on the way.

    Args:
        height: Rows of the aligned pictures.
        width: Columns.
        faces: "auto" finds the face on the photo; "as-is" takes both for aligned faces.
        look: Whether faces are looked for on protected pictures.

    Raises:
        UsageError: If faces cannot be found on this machine.
    """

    def __init__(self, height: int, width: int, faces: FaceHandling, *, look: bool = True) -> None:
        self._size = height, width
        self._auto = faces == "auto"
        self._finder = FaceFinder() if self._auto or look else None
        self._look = look
        self.photos: list[Pixels] = []
        self.protected: list[Pixels] = []
        self.people: list[str] = []
        self.files: list[tuple[Traces, Traces]] = []
        self.rejected: list[str] = []
        self._counted = {kind: Counted() for kind in _KINDS}

    def read(self, pairs: Iterable[PhotoPair], done: Callable[[int], None]) -> "PairsRead":
        """Read pairs; one that cannot be taken in is named, and the rest goes on.

        Args:
            pairs: The pairs.
            done: Called with the number of pairs that were looked at.
        """
        for number, pair in enumerate(pairs, 1):
            try:
                self._one(pair)
            except PhotoRejected as error:
                self.rejected.append(f"{printable(pair.name)}: {error.rejection}")
            done(number)
        return self

    def look_for_copies(self, pairs: Iterable[PhotoPair]) -> "PairsRead":
        """Count pictures that are the photo's very file, of pairs that need not be read otherwise."""
        for pair in pairs:
            try:
                self._count("copied", pair, read(pair.photo)[1] == read(pair.protected)[1])
            except PhotoRejected:
                continue  # named where it is read
        return self

    def arrays(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Photos and protected pictures, uint8 ``(n, 3, h, w)`` each."""
        empty = np.zeros((0, 3, *self._size), np.uint8)
        one, other = (np.stack(part) if part else empty for part in (self.photos, self.protected))
        return torch.from_numpy(one), torch.from_numpy(other)

    def missed(self) -> list[Missed]:
        """What the tool did not protect, kinds that were looked for, worst first."""
        return [
            Missed(
                kind=kind, what=_KINDS[kind], count=len(found.paths), of=found.of, paths=found.paths[:LISTED]
            )
            for kind, found in self._counted.items()
            if found.of
        ]

    def _one(self, pair: PhotoPair) -> None:
        data, was = read(pair.photo)
        made, now = read(pair.protected)
        photo = whole_bytes(data, "RGB", place=pair.photo)
        protected = whole_bytes(made, "RGB", place=pair.protected)
        same = was == now or _alike(photo, protected, UNCHANGED)
        faces = self._faces(photo)
        one, other = self._aligned(pair, photo, protected, faces)
        self._count("unchanged", pair, same)
        if not same:
            self._count("faces", pair, _difference(one, other) <= MISSED)
            self._count_others(pair, photo, protected, faces)
        self._look_again(pair, protected)
        traces = traces_in(made, *protected.shape[:2]), traces_in(data, *photo.shape[:2])
        self._count("marks", pair, len(traces[0][1] & traces[1][1]) >= _MARKED)
        self.photos.append(one)
        self.protected.append(other)
        self.people.append(pair.person if pair.person is not None else f"photo {len(self.people) + 1}")
        self.files.append(traces)

    def _faces(self, photo: Pixels) -> list[Face]:
        if not self._auto or self._finder is None or max(photo.shape[:2]) <= SMALL:
            return []
        found = [face for face in self._finder(photo) if face.score >= THRESHOLD]
        return sorted(found, key=lambda face: -face.box[2] * face.box[3])

    def _aligned(
        self, pair: PhotoPair, photo: Pixels, protected: Pixels, faces: list[Face]
    ) -> tuple[Pixels, Pixels]:
        """Both sides as recognisers are shown them, ``(3, h, w)``."""
        there = onto(photo, protected)
        self._count("unaligned", pair, there is None)
        if self._auto and max(photo.shape[:2]) > SMALL:
            one = aligned(photo, faces[0], *self._size) if faces else None
            if one is None:
                raise _no_face(pair)
            if there is None:
                return one, self._fitted(protected)
            other = _through(protected, there, faces[0], max(self._size))
            return one, other if other is not None else self._fitted(protected)
        if there is not None and not _whole(photo, protected):
            photo = _part_of(photo, protected, there)
        return self._fitted(photo), self._fitted(protected)

    def _fitted(self, picture: Pixels) -> Pixels:
        return _channels_first(np.asarray(fit(Image.fromarray(picture), *self._size)))

    def _count_others(self, pair: PhotoPair, photo: Pixels, protected: Pixels, faces: list[Face]) -> None:
        there = onto(photo, protected)
        if len(faces) < 2 or there is None:
            return
        size = max(self._size)
        left = False
        for face in faces[1:]:
            one, other = aligned(photo, face, size, size), _through(protected, there, face, size)
            left = left or (one is not None and other is not None and _difference(one, other) <= MISSED)
        self._count("others", pair, left)

    def _look_again(self, pair: PhotoPair, protected: Pixels) -> None:
        if not self._look or self._finder is None or self._counted["found"].of >= LOOKED:
            return
        found = any(face.score >= THRESHOLD for face in self._finder(protected))
        self._count("found", pair, found)

    def _count(self, kind: str, pair: PhotoPair, yes: bool) -> None:
        self._counted[kind].of += 1
        if yes:
            self._counted[kind].paths.append(printable(pair.name))


def _through(protected: Pixels, there: Placement, face: Face, size: int) -> Pixels | None:
    """The face of a photo on its protected picture; None where it lies outside."""
    square = settled(placement(face))
    moved = np.column_stack([there[:, :2] @ square[:, :2], there[:, :2] @ square[:, 2] + there[:, 2]])
    try:
        return _channels_first(seen(protected, moved, size))
    except (ValueError, IndexError):
        return None


def _part_of(photo: Pixels, protected: Pixels, there: Placement) -> Pixels:
    """The part of a photo that its protected picture shows."""
    across, down = there[0, 0], there[1, 1]
    left, top = round(0.5 - (there[0, 2] + 0.5) / across), round(0.5 - (there[1, 2] + 0.5) / down)
    left, top = max(0, left), max(0, top)
    high, wide = (
        max(1, round(side / step)) for side, step in zip(protected.shape[:2], (down, across), strict=True)
    )
    return np.ascontiguousarray(photo[top : top + high, left : left + wide])


def _whole(photo: Pixels, protected: Pixels) -> bool:
    one, other = photo.shape[1] / photo.shape[0], protected.shape[1] / protected.shape[0]
    return bool(abs(one - other) <= 0.02 * one)


def _alike(photo: Pixels, protected: Pixels, most: float) -> bool:
    return photo.shape == protected.shape and _difference(photo, protected) <= most


def _difference(one: Pixels, other: Pixels) -> float:
    return float(np.abs(one.astype(np.int16) - other.astype(np.int16)).mean())


def _channels_first(picture: Pixels) -> Pixels:
    return np.ascontiguousarray(picture.transpose(2, 0, 1))


def _no_face(pair: PhotoPair) -> PhotoRejected:
    return rejected(Rejection.NO_FACE, pair.photo, "no face found")
