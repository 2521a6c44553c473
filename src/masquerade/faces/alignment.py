"""From a face in a photo to the upright square that recognisers look at, and back.

Recognisers are shown faces turned and scaled so that eyes, nose and mouth lie where a template has them; a
cloak is made in that square and brought back to the face at its own size and angle.
"""

from math import frexp
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from masquerade.faces.finder import Face

TEMPLATE: Final = 112
"""Side of the square that ``_MARKS`` refers to."""
_MARKS: Final = np.array(
    [[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655], [70.7299, 92.2041]]
)
"""Eyes, nose and corners of the mouth in the square (Deng et al., ArcFace, 2019, public code)."""
_BOX_SIDE: Final = 92.0
"""Height of a face's box in the square, about; where marks contradict the box, the box counts."""
_BOX_CENTRE: Final = (56.0, 64.0)

_QUARTER: Final = np.array([[0.0, -1.0], [1.0, 0.0]])
"""Takes directions in a photo that was turned a quarter counterclockwise to those in the photo before."""
_CORNERS: Final = ((0.0, 0.0, 1.0), (112.0, 112.0, 1.0))

Placement = NDArray[np.float64]
"""``(2, 3)``: takes a position in the square of side ``TEMPLATE`` to one in the photo."""


def placement(face: Face) -> Placement:
    """Where a face's square lies in the photo: turned and scaled, not stretched.

    By least squares over the five marks. A square whose scale is less than half or more than twice what the
    face's box says is drawn about the box instead, as the face lies.
    """
    left, top, width, height = face.box
    by_box = (width if face.turns % 2 else height) / _BOX_SIDE
    found = _similarity(_MARKS, face.marks)
    scale = float(np.hypot(found[0, 0], found[1, 0]))
    if by_box / 2 <= scale <= by_box * 2:
        return found
    square = by_box * np.linalg.matrix_power(_QUARTER, face.turns)
    return np.column_stack([square, [left + width / 2, top + height / 2] - square @ _BOX_CENTRE])


def settled(place: Placement) -> Placement:
    """The square nearby whose first and last corner lie on a grid of about one of its own pixels, in the photo.

    Two builds of the detector differ in the last bits of a face's marks, by up to 3e-7 of its height. From a square
    that follows them one pixel may be seen a grey level brighter, and the whole cloak is another one.
    """
    side = float(np.hypot(place[0, 0], place[1, 0]))
    grid = 2.0 ** (frexp(side)[1] - 1)
    first, last = (np.rint(place @ corner / grid) * grid for corner in _CORNERS)
    across, down = (float(part) for part in (last - first) / TEMPLATE)
    cosine, sine = (across + down) / 2, (down - across) / 2
    return np.array([[cosine, -sine, first[0]], [sine, cosine, first[1]]])


def whole(height: int, width: int) -> Placement:
    """A whole picture as one square, stretched."""
    x, y = width / TEMPLATE, height / TEMPLATE
    return np.array([[x, 0, (x - 1) / 2], [0, y, (y - 1) / 2]])


def scaled(place: Placement, size: int) -> Placement:
    """The placement of a square of another side."""
    factor = TEMPLATE / size
    return np.column_stack([place[:, :2] * factor, place @ [(factor - 1) / 2, (factor - 1) / 2, 1]])


def bounds(place: Placement, height: int, width: int) -> tuple[slice, slice]:
    """Rows and columns of a photo that a square touches; empty if it lies outside."""
    ends = np.array([[-0.5, -0.5, 1], [-0.5, TEMPLATE, 1], [TEMPLATE, -0.5, 1], [TEMPLATE, TEMPLATE, 1]])
    corners = ends @ place.T
    left, top = (max(0, int(low)) for low in np.floor(corners.min(axis=0)))
    right, bottom = (int(high) + 1 for high in np.ceil(corners.max(axis=0)))
    return slice(top, max(top, min(height, bottom))), slice(left, max(left, min(width, right)))


def resample(source: NDArray[Any], place: Placement, height: int, width: int, *, edge: bool) -> NDArray[Any]:
    """A picture seen through a placement.

    Cubic, with averaging beforehand where the picture becomes smaller.

    Args:
        source: ``(h, w, c)``, uint8 or float32.
        place: Takes positions in the result to positions in ``source``.
        height: Rows of the result.
        width: Columns.
        edge: Whether the outermost pixels go on outside of ``source``; else there is zero.

    Returns:
        ``(height, width, c)`` of the type of ``source``.
    """
    import cv2  # here, since few need it

    sides = np.hypot(place[0, :2], place[1, :2])
    there = [max(1, round(n / max(1.0, s))) for n, s in zip(source.shape[1::-1], sides, strict=True)]
    if tuple(there) != source.shape[1::-1]:
        factor = np.array([there[0] / source.shape[1], there[1] / source.shape[0]])
        source = cv2.resize(source, (there[0], there[1]), interpolation=cv2.INTER_AREA)
        place = place * factor[:, None]
        place[:, 2] += (factor - 1) / 2
    border = cv2.BORDER_REPLICATE if edge else cv2.BORDER_CONSTANT
    flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    seen = cv2.warpAffine(source, place, (width, height), flags=flags, borderMode=border)
    return np.asarray(seen).reshape(height, width, -1)


def inverse(place: Placement) -> Placement:
    """Takes positions in the photo to positions in the square."""
    turned = np.linalg.inv(place[:, :2])
    return np.column_stack([turned, -turned @ place[:, 2]])


def shifted(place: Placement, rows: slice, columns: slice) -> Placement:
    """The placement in a part of the photo alone."""
    moved = place.copy()
    moved[:, 2] -= (columns.start, rows.start)
    return moved


def _similarity(points: NDArray[np.float64], others: NDArray[np.float64]) -> Placement:
    """Rotation, scale and shift that bring ``points`` nearest to ``others``, both ``(n, 2)``."""
    centre, middle = points.mean(axis=0), others.mean(axis=0)
    a, b = points - centre, others - middle
    size = float((a**2).sum())
    cosine, sine = float((a * b).sum()) / size, float((a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]).sum()) / size
    turn = np.array([[cosine, -sine], [sine, cosine]])
    return np.column_stack([turn, middle - turn @ centre])
