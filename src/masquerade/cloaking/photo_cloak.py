"""One whole photo: its faces found, cloaked in their squares, and put back at their own size."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from math import prod
from typing import Final, Literal, final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from masquerade.cloaking.cover import Cover
from masquerade.data.decode_errors import blaming, rejected
from masquerade.data.picture import Picture
from masquerade.data.rejection import Rejection
from masquerade.disguises.base import Keyed
from masquerade.disguises.cloaks.seen_budget import BesideOriginals, SeenBudget
from masquerade.errors import UsageError
from masquerade.faces.alignment import (
    TEMPLATE,
    Placement,
    bounds,
    inverse,
    placement,
    resample,
    scaled,
    settled,
    shifted,
    whole,
)
from masquerade.faces.finder import MOST, FaceFinder
from masquerade.faces.sampling import seen
from masquerade.networks.cloaks.ssim import WINDOW, InnerSSIM

NoFace = Literal["skip", "copy", "fail", "whole-image"]
"""What becomes of a photo without a face."""
Outcome = Literal["cloaked", "copied", "skipped"]

NO_FACE: Final[tuple[NoFace, ...]] = ("skip", "copy", "fail", "whole-image")
MIN_SSIM: Final = 0.7
"""Least structural similarity of a face by default; at full strength cloaked faces have 0.78 to 0.97."""
_LUMA: Final = np.array([0.299, 0.587, 0.114], np.float32)
"""ITU-R BT.601: what a change of colours is in a grey photo."""
_MOST_GAIN: Final = 4.0
"""By which the change of a small face is made stronger, at most."""
_SOFT: Final = 8
"""Pixels of the square over which a cloak fades out towards its edge."""
_BAND: Final = 256
"""Rows that are changed at a time, since a face may have 25 megapixels."""
_HALVINGS: Final = 6
_LOOKED_AT: Final = 256
"""Side that a face is brought to before it is compared: about what a viewer's eye resolves (Wang et al. 2004)."""


@final
@dataclass(frozen=True)
class Appearance:
    """How a cloak is to look.

    Args:
        strength: What the cloak is multiplied by, above 0 to 2.
        min_ssim: Structural similarity that every face must keep, 0 to 1.
        no_face: What becomes of a photo without a face.
        budget: What may be seen of the cloak on the face at its own size; None for no such bound.

    Raises:
        UsageError: If a number is out of its range.
    """

    strength: float = 1.0
    min_ssim: float = MIN_SSIM
    no_face: NoFace = "skip"
    budget: SeenBudget | None = None

    def __post_init__(self) -> None:
        if not 0 < self.strength <= 2:
            raise UsageError(
                "no such strength", value=self.strength, place="--strength", remedy="Give above 0 to 2."
            )
        if not 0 <= self.min_ssim <= 1:
            raise UsageError(
                "no such similarity", value=self.min_ssim, place="--min-ssim", remedy="Give 0 to 1."
            )


@final
@dataclass(frozen=True)
class CloakedPhoto:
    """What came of one photo.

    Args:
        outcome: "cloaked", "copied" as it was but for what it says of place and time, or "skipped".
        data: The file to write; None if it was skipped.
        faces: How many squares were cloaked.
        ssim: Structural similarity of the face that changed most, -1 to 1; None if nothing was cloaked.
    """

    outcome: Outcome
    data: bytes | None
    faces: int
    ssim: float | None


@final
@dataclass(frozen=True, eq=False)
class CloakedPixels:
    """What came of one photo that is no file.

    Args:
        pixels: uint8, of the photo's shape; as they were if there was no face.
        faces: How many squares were cloaked.
        ssim: Structural similarity of the face that changed most, -1 to 1; None if nothing was cloaked.
    """

    pixels: NDArray[np.uint8]
    faces: int
    ssim: float | None


@final
class PhotoCloak:
    """Cloaks photos; may be called from several threads.

    Args:
        finder: Finds faces.
        cloak: Cloaks squares ``(n, 3, size, size)`` into whole grey levels, or covers them.
        appearance: How the result is to look.
        for_face: The cloak of one aligned face ``(3, size, size)``, where it differs from face to face.
    """

    def __init__(
        self,
        finder: FaceFinder,
        cloak: Keyed | Cover,
        appearance: Appearance,
        for_face: Callable[[Tensor], Keyed] | None = None,
    ) -> None:
        self._finder = finder
        self._cloak = cloak
        self._for_face = for_face
        self._appearance = appearance

    def __call__(self, picture: Picture, place: str) -> CloakedPhoto:
        """Cloak a photo.

        Args:
            picture: The photo; it is not changed.
            place: What to call it in a rejection.

        Raises:
            PhotoRejected: If it has no face and one is asked for, too many, or would look too bad.
        """
        with blaming(place):
            changed = picture.pixels.copy()
            found = self._put_on(picture.upright(picture.pixels), picture.upright(changed), place)
            if found is None:
                return self._without_face(picture, place)
            return CloakedPhoto("cloaked", picture.encoded(changed), *found)

    def on_pixels(self, photo: NDArray[np.uint8], place: str) -> CloakedPixels:
        """Cloak a photo that is no file; without a face, ``no_face`` decides as for a file.

        Args:
            photo: uint8 ``(h, w, 1)`` or ``(h, w, 3)``, upright; it is not changed.
            place: What to call it in a rejection.

        Raises:
            PhotoRejected: If it has no face and one is asked for, too many, or would look too bad.
        """
        changed = photo.copy()
        found = self._put_on(photo, changed, place)
        if found is None:
            self._require_no_face_allowed(place)
            return CloakedPixels(changed, 0, None)
        return CloakedPixels(changed, *found)

    def _put_on(
        self, before: NDArray[np.uint8], after: NDArray[np.uint8], place: str
    ) -> tuple[int, float] | None:
        """Cloak into ``after``, a copy of ``before``: how many squares, and how similar the worst stays; or no face."""
        squares = self._squares(before, place)
        if not squares:
            return None
        if isinstance(self._cloak, Cover):
            for square in squares:
                self._cloak(before, after, square)
            return len(squares), min(_kept(before, after, square) for square in squares)
        changes = self._changes(before, squares, self._cloak)
        worst = min(map(partial(_put, before, after, self._appearance.budget), squares, changes))
        if worst < self._appearance.min_ssim:
            raise rejected(Rejection.POOR_QUALITY, place, f"{worst:.3f} < {self._appearance.min_ssim:g}")
        return len(squares), worst

    def _squares(self, photo: NDArray[np.uint8], place: str) -> list[Placement]:
        faces = self._finder(photo)
        if len(faces) > MOST:
            raise rejected(Rejection.TOO_MANY_FACES, place, f"more than {MOST}")
        height, width = photo.shape[:2]
        squares = [settled(placement(face)) for face in faces]
        found = [square for square in squares if _pixels(bounds(square, height, width))]
        if not found and self._appearance.no_face == "whole-image":
            return [whole(height, width)]
        return found

    def _without_face(self, picture: Picture, place: str) -> CloakedPhoto:
        self._require_no_face_allowed(place)
        if self._appearance.no_face == "copy":
            return CloakedPhoto("copied", picture.unchanged(), 0, None)
        return CloakedPhoto("skipped", None, 0, None)

    def _require_no_face_allowed(self, place: str) -> None:
        if self._appearance.no_face == "fail":
            raise rejected(Rejection.NO_FACE, place, "no face found")

    def _cloaked(self, cloak: Keyed, faces: Tensor) -> Tensor:
        if self._for_face is None:
            whole: Tensor = cloak(faces)
            return whole
        return torch.cat([self._for_face(face)(face[None]) for face in faces])

    def _changes(
        self, photo: NDArray[np.uint8], squares: list[Placement], cloak: Keyed
    ) -> NDArray[np.float32]:
        """Change of each square, faded out at its edge, float32 ``(n, size, size, c)``."""
        size = cloak.shape[1]
        looked = [seen(photo, square, size) for square in squares]
        faces = torch.from_numpy(np.stack(looked)).permute(0, 3, 1, 2).expand(-1, 3, -1, -1).contiguous()
        moved = (self._cloaked(cloak, faces) - faces).permute(0, 2, 3, 1).numpy()
        changes = np.stack([_tied(change, face) for change, face in zip(moved, looked, strict=True)])
        faded: NDArray[np.float32] = changes * (self._appearance.strength * _window(size)).astype(np.float32)
        return faded[..., : photo.shape[2]]


def _tied(change: NDArray[np.float32], face: NDArray[np.uint8]) -> NDArray[np.float32]:
    """A change ``(size, size, 3)``, the same in all colours where the face is grey."""
    if not (face == face[:, :, :1]).all():
        return change
    grey: NDArray[np.float32] = np.repeat((change @ _LUMA)[:, :, None], 3, axis=2)
    return grey


def _put(
    before: NDArray[np.uint8],
    after: NDArray[np.uint8],
    budget: SeenBudget | None,
    square: Placement,
    change: NDArray[np.float32],
) -> float:
    """Bring a square's change into ``after``; returns how similar its part of the photo stays."""
    rows, columns = bounds(square, *before.shape[:2])
    part, changed, bound = before[rows, columns], after[rows, columns], float(np.abs(change).max())
    back = inverse(scaled(shifted(square, rows, columns), len(change)))
    change = _brought(change, back, *part.shape[:2])
    if budget is not None:
        change *= _allowed(part, change, budget)
    for top in range(0, len(part), _BAND):
        band = slice(top, top + _BAND)
        _add(part[band], changed[band], change[band], bound)
    return _similar(part, changed)


def _kept(before: NDArray[np.uint8], after: NDArray[np.uint8], square: Placement) -> float:
    """How similar a square's part of the photo stays."""
    rows, columns = bounds(square, *before.shape[:2])
    return _similar(before[rows, columns], after[rows, columns])


def _allowed(part: NDArray[np.uint8], change: NDArray[np.float32], budget: SeenBudget) -> float:
    """Share of a change, 0 to 1, that keeps to a budget as the face is looked at.

    What is made for 112 pixels and brought to another size is seen otherwise there.
    """
    face = _small(part).expand(-1, 3, -1, -1)
    moved = _small(change).expand(-1, 3, -1, -1)
    beside, share = BesideOriginals(face), 0.0
    for halving in range(_HALVINGS + 1):
        tried = min(1.0, share + 0.5**halving)
        if bool(beside.within((face + tried * moved).round().clamp(0, 255), budget)):
            share = tried
    return share


def _add(
    before: NDArray[np.uint8], after: NDArray[np.uint8], change: NDArray[np.float32], bound: float
) -> None:
    """Bring a change into ``after``; squares of neighbours may overlap, and together stay within the bound of one."""
    total = np.clip(after.astype(np.float32) - before + change, -bound, bound)
    after[:] = np.clip(np.rint(before + total), 0, 255).astype(np.uint8)


def _pixels(region: tuple[slice, slice]) -> int:
    return prod(part.stop - part.start for part in region)


def _brought(change: NDArray[np.float32], back: Placement, height: int, width: int) -> NDArray[np.float32]:
    """A square's change at the size of its face.

    On a small face neighbouring changes are averaged, and cancel; what is left is made as strong as it was. So a
    face of 30 pixels moves the MaskNet's features 65 % as far as an aligned one of 112, instead of 42 %.
    """
    found: NDArray[np.float32] = resample(np.ascontiguousarray(change), back, height, width, edge=False)
    if abs(float(np.linalg.det(back[:, :2]))) <= 1:
        return found
    before = resample(np.abs(change), back, height, width, edge=False)
    found *= min(_MOST_GAIN, float(before.sum() / max(np.abs(found).sum(), 1e-6)))
    return found


def _window(size: int) -> NDArray[np.float32]:
    """1 in the middle, falling to nearly 0 at the edge along a cosine, ``(size, size, 1)``."""
    reach = _SOFT * size / TEMPLATE
    along = np.clip((np.minimum(np.arange(size), np.arange(size)[::-1]) + 0.5) / reach, 0, 1)
    side = (0.5 - 0.5 * np.cos(np.pi * along)).astype(np.float32)
    return np.outer(side, side)[:, :, None]


def _similar(before: NDArray[np.uint8], after: NDArray[np.uint8]) -> float:
    """Structural similarity of a face to what it was, both brought to about the size that is looked at."""
    return float(InnerSSIM(_small(before)).values(_small(after)))


def _small(part: NDArray[np.uint8] | NDArray[np.float32]) -> Tensor:
    height, width = part.shape[:2]
    factor = _LOOKED_AT / min(height, width)
    rows, columns = (max(WINDOW, round(side * min(1.0, factor))) for side in (height, width))
    to = np.array([[width / columns, 0, 0], [0, height / rows, 0]])
    to[:, 2] = (np.diag(to) - 1) / 2
    small = resample(np.ascontiguousarray(part), to, rows, columns, edge=True)
    return torch.from_numpy(small).permute(2, 0, 1)[None].float()
