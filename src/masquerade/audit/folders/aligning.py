"""Where a photo's face lies on the picture that was made of it: same size, another size, or a part of the photo."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from masquerade.faces.alignment import Placement

_SAME: Final = 0.02
"""Difference of aspect ratios up to which a picture is the whole photo."""
_LONGER: Final = 128
"""Longer side that a photo is looked at in."""
_SCALES: Final = tuple(float(scale) for scale in np.geomspace(0.25, 1.0, 19))
_CLOSELY: Final = 384
"""Longer side of the second look."""
_NEAR: Final = tuple(float(step) for step in np.linspace(0.95, 1.05, 21))
_FEWEST: Final = 8
_ENOUGH: Final = 0.6
"""Correlation from which a part of a photo is taken for found."""

Pixels = NDArray[np.uint8]


def onto(photo: Pixels, protected: Pixels) -> Placement | None:
    """Takes positions in a photo to those in its protected picture, ``(2, 3)``; None where it is not found.

    Args:
        photo: uint8 ``(h, w, c)``.
        protected: uint8 ``(h', w', c)``: the photo at this or another size, or a part of it.
    """
    (h, w), (high, wide) = photo.shape[:2], protected.shape[:2]
    if abs(wide / high - w / h) <= _SAME * w / h:
        return _stretched(0.0, 0.0, wide / w, high / h)
    return _part(photo, protected)


def _stretched(left: float, top: float, across: float, down: float) -> Placement:
    """From a photo's pixels to those of a picture of the part that begins at left and top."""
    return np.array([[across, 0.0, (0.5 - left) * across - 0.5], [0.0, down, (0.5 - top) * down - 0.5]])


def _part(photo: Pixels, protected: Pixels) -> Placement | None:
    """Coarsely among all sizes, then closely about the best."""
    (h, w), (_, wide) = photo.shape[:2], protected.shape[:2]
    found = _best(photo, protected, _SCALES, _LONGER)
    if found is None or found[0] < _ENOUGH:
        return None
    near = tuple(found[1] * float(step) for step in _NEAR if found[1] * step <= 1)
    _, scale, left, top = _best(photo, protected, near, _CLOSELY) or found
    step = wide / (w * scale)
    return _stretched(left * w, top * h, step, step)


def _best(
    photo: Pixels, protected: Pixels, scales: tuple[float, ...], longer: int
) -> tuple[float, float, float, float] | None:
    """Correlation, the part's width, and where it begins, as shares of the photo's sides; None if nothing fits."""
    import cv2  # here, since few need it

    (h, w), (high, wide) = photo.shape[:2], protected.shape[:2]
    small = min(1.0, longer / max(h, w))
    seen = _grey(cv2, photo, max(8, round(w * small)), max(8, round(h * small)))
    best: tuple[float, float, float, float] | None = None
    for across in sorted({round(seen.shape[1] * scale) for scale in scales}):
        down = round(across * high / wide)
        if across < _FEWEST or not _FEWEST <= down <= seen.shape[0]:
            continue
        alike = cv2.matchTemplate(seen, _grey(cv2, protected, across, down), cv2.TM_CCOEFF_NORMED)
        _, score, _, place = cv2.minMaxLoc(alike)
        if best is None or score > best[0]:
            best = float(score), across / seen.shape[1], place[0] / seen.shape[1], place[1] / seen.shape[0]
    return best


def _grey(cv2: Any, picture: Pixels, width: int, height: int) -> NDArray[np.float32]:  # noqa: ANN401  (a module)
    grey = picture.astype(np.float32).mean(axis=2)
    resized: NDArray[np.float32] = cv2.resize(grey, (width, height), interpolation=cv2.INTER_AREA)
    return resized
