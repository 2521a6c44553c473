"""``cloak``: one photo in, the same photo with cloaked faces out, by the engine of the command of that name."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from hashlib import sha256
from os import PathLike
from pathlib import Path
from typing import Any, Final, Literal, final

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageOps
from torch import Tensor

from masquerade.api.arrays import Scale, photos
from masquerade.cloaking.methods import DEFAULT, budget_of, cloak_with, face_cloak
from masquerade.cloaking.photo_cloak import MIN_SSIM, Appearance, PhotoCloak
from masquerade.cloaking.worth import worth
from masquerade.data.intake import read
from masquerade.data.picture import open_picture, parted
from masquerade.disguises.base import Keyed
from masquerade.errors import ModelError, UsageError
from masquerade.faces.finder import FaceFinder
from masquerade.masknets import MaskNetCard, MaskNetFile, masknet_bytes, read_masknet

Pixels = NDArray[np.uint8]
WithoutFace = Literal["fail", "copy", "whole-image"]
_PHOTO: Final = "the photo"
_MODES: Final = frozenset({"1", "L", "LA", "P", "PA", "RGB", "RGBA"})


@final
class MaskNet:
    """A person's own MaskNet, out of a file of ``masquerade masknet new``; a secret, which stays in its file.

    Pickled, it is its path and its digest: whoever opens it again reads the file, and refuses another one.

    ``MaskNet.load`` makes it.
    """

    def __init__(self, path: Path, file: MaskNetFile) -> None:
        self.path = path
        self._file = file
        self._ways: dict[str, tuple[Keyed, str]] = {}

    @classmethod
    def load(cls, path: str | PathLike[str]) -> "MaskNet":
        """Read a MaskNet's file.

        Raises:
            ModelError: If the file is missing, damaged, no MaskNet, or readable by others than its owner.
        """
        return cls(Path(path).absolute(), read_masknet(Path(path)))

    @property
    def card(self) -> MaskNetCard:
        """What its file says of it; no secret."""
        return self._file.card

    @property
    def digest(self) -> str:
        """SHA-256 of its file's contents, which tells MaskNets apart, hexadecimal."""
        return sha256(masknet_bytes(self._file)).hexdigest()

    def way(self, method: str) -> tuple[Keyed, str]:
        """What cloaks faces by a method, and what such a cloak is worth, in a sentence; kept for the next photo.

        Raises:
            UsageError: If there is no such method.
            ModelError: If the method's generator cannot be read.
        """
        if method not in self._ways:
            said = cloak_with(self._file, method).describe()
            self._ways[method] = face_cloak(self._file, method), worth(method).told(said)
        return self._ways[method]

    def __reduce__(self) -> tuple[Any, ...]:
        return _again, (str(self.path), self.digest)

    def __repr__(self) -> str:
        return f"MaskNet({str(self.path)!r})"


def _again(path: str, digest: str) -> MaskNet:
    masknet = MaskNet.load(path)
    if masknet.digest != digest:
        raise ModelError(
            "the file holds another MaskNet than when it was opened first",
            place=path,
            remedy="Bring the right file back, or load this one anew.",
        )
    return masknet


@final
@dataclass(frozen=True, eq=False)
class Cloaked:
    """A photo with cloaked faces.

    Args:
        image: A PIL image for a path or a PIL image; else an array or tensor of the shape and type that was given.
        faces: How many faces were cloaked.
        ssim: Structural similarity of the face that changed most to what it was, -1 to 1; None without a face.
        worth: What such a cloak is worth, in a sentence, from the committed results.
    """

    image: Any
    faces: int
    ssim: float | None
    worth: str

    def __repr__(self) -> str:
        return f"Cloaked(faces={self.faces}, ssim={self.ssim})"


def cloak(
    photo: Any,  # noqa: ANN401 - a path, or an image of several libraries
    masknet: MaskNet | None = None,
    *,
    method: str = DEFAULT,
    look: str = "natural",
    strength: float = 1.0,
    min_ssim: float = MIN_SSIM,
    on_no_face: WithoutFace = "fail",
    scale: Scale | None = None,
) -> Cloaked:
    """Cloak the faces on one photo; ``masquerade cloak`` does so with whole folders, and keeps the files' formats.

    Args:
        photo: A path; a PIL image; an array or tensor ``(h, w)``, ``(h, w, c)`` or ``(c, h, w)`` with one or three
            channels, upright, uint8 or floating.
        masknet: The person's MaskNet, for the methods that need one.
        method: "transferable", which needs none; "one-pass", "optimised", "recogniser" or "recogniser-one-pass".
        look: How much may be seen of the transferable cloak: "natural", or "visible".
        strength: What the cloak is multiplied by, above 0 to 2.
        min_ssim: Structural similarity that every face must keep, 0 to 1.
        on_no_face: Without a face on it, "fail", "copy" the photo as it is, or cloak the "whole-image".
        scale: Of floating photos, what black and white are: "0-255" or "0-1".

    Returns:
        The photo in the same container, with its faces cloaked, in whole grey levels.

    Raises:
        UsageError: If the photo is none of these, a number is out of its range, there is no such method or look, or
            the MaskNet is missing or of no use.
        PhotoRejected: If the photo cannot be read, has no face, or would look too bad.
        ModelError: If the method's generator cannot be read.
        StudyError: If what the transferable cloak's recognisers come in is not installed.
    """
    if masknet is not None and not isinstance(masknet, MaskNet):
        raise UsageError(
            "not a MaskNet", value=type(masknet).__name__, place="masknet", remedy="Give MaskNet.load(path)."
        )
    pixels, place, back = _opened(photo, scale)
    way, said = _without_masknet(method, look) if masknet is None else masknet.way(method)
    appearance = replace(_appearance(strength, min_ssim, on_no_face), budget=budget_of(method, look))
    found = PhotoCloak(_finder(), way, appearance).on_pixels(pixels, place)
    return Cloaked(back(found.pixels), found.faces, found.ssim, said)


@cache
def _without_masknet(method: str, look: str) -> tuple[Keyed, str]:
    described = cloak_with(None, method, look).describe()
    return face_cloak(None, method, look), worth(method, look).told(described)


@cache
def _finder() -> FaceFinder:
    return FaceFinder()


def _appearance(strength: float, min_ssim: float, on_no_face: str) -> Appearance:
    match on_no_face:
        case "fail" | "copy" | "whole-image":
            return Appearance(strength, min_ssim, on_no_face)
        case _:
            raise UsageError(
                "no such wish for photos without a face",
                value=on_no_face,
                place="on_no_face",
                remedy='Say "fail", "copy" or "whole-image".',
            )


def _opened(photo: Any, scale: Scale | None) -> tuple[Pixels, str, Callable[[Pixels], Any]]:  # noqa: ANN401 - as above
    """Pixels ``(h, w, c)``, what to call the photo, and what brings pixels into its container."""
    if isinstance(photo, (str, PathLike)):
        return _of_file(Path(photo))
    if isinstance(photo, Image.Image):
        return _of_pil(photo)
    if isinstance(photo, (np.ndarray, Tensor)):
        return _of_array(photo, scale)
    raise UsageError(
        "not a photo",
        value=type(photo).__name__,
        place="photo",
        remedy="Give a path, a PIL image, or an array.",
    )


def _of_array(
    photo: NDArray[Any] | Tensor, scale: Scale | None
) -> tuple[Pixels, str, Callable[[Pixels], NDArray[Any] | Tensor]]:
    taken = photos(photo, scale=scale, place="photo")
    if len(taken.images) != 1:
        raise UsageError(
            "more than one photo",
            value=f"{len(taken.images)} of {tuple(taken.images.shape[1:])}",
            place="photo",
            remedy="Cloak them one by one: [cloak(photo, masknet) for photo in photos].",
        )

    def back(new: Pixels) -> NDArray[Any] | Tensor:
        levels = torch.from_numpy(new).permute(2, 0, 1)[None].double()
        made = taken.back(levels / 255 if scale == "0-1" else levels)
        if isinstance(photo, Tensor):
            return torch.as_tensor(made).to(photo.dtype)
        return np.asarray(made, photo.dtype)

    pixels = taken.images[0].round().to(torch.uint8).permute(1, 2, 0).contiguous().numpy()
    return pixels, _PHOTO, back


def _of_file(path: Path) -> tuple[Pixels, str, Callable[[Pixels], Image.Image]]:
    picture = open_picture(read(path)[0], path)
    alpha = None if picture.alpha is None else picture.upright(picture.alpha)
    return np.ascontiguousarray(picture.upright(picture.pixels)), str(path), lambda new: _image(new, alpha)


def _of_pil(photo: Image.Image) -> tuple[Pixels, str, Callable[[Pixels], Image.Image]]:
    if photo.mode not in _MODES:
        raise UsageError(
            "a PIL image whose colours are not taken",
            value=f"mode {photo.mode}",
            place="photo",
            remedy="Give photo.convert('RGB').",
        )
    pixels, alpha = parted(ImageOps.exif_transpose(photo))
    return pixels, _PHOTO, lambda new: _image(new, alpha)


def _image(pixels: Pixels, alpha: Pixels | None) -> Image.Image:
    whole = pixels if alpha is None else np.concatenate([pixels, alpha], axis=2)
    return Image.fromarray(np.ascontiguousarray(whole[:, :, 0] if whole.shape[2] == 1 else whole))
