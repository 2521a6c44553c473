"""A whole photo, to be changed and written again as what it was: format, quality, orientation, colours, resolution.

Unlike ``intake``, which brings photos to one size for learning, nothing is resized here. All else that a file
says of a photo is left behind: place, time, camera, comments, previews, and what lies behind its picture.

Decisions:

* A JPEG is written with its own quantisation tables and subsampling; progressive ones stay so.
* Lossless WebP stays so; others are written at quality 90, since a file does not say its quality.
* Photos of more than 8 bits a channel, and those in inks (CMYK), are turned away: writing them would change them.
* HEIC is written at quality 90 too, in tiles of 512 pixels as phones do, with colours halved where they were.
* Palettes become colours; one bit becomes grey.
* A photo that is not changed keeps its compressed pixels in a JPEG, a HEIC or a WebP with losses, without looking
  inside them: bytes that a scan holds behind its last pixel stay. In all other formats its pixels are written anew.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any, Final, final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, JpegImagePlugin

from masquerade.data.containers import ContainerRejected, ImageData, heic, take_apart
from masquerade.data.containers.assembly import assemble
from masquerade.data.containers.profile import colour_profile
from masquerade.data.decode_errors import blaming
from masquerade.data.heic_codec import write_heic
from masquerade.data.intake import DECODERS
from masquerade.data.orientation import upright
from masquerade.data.rejection import Rejection

WEBP_QUALITY: Final = 90
_PNG_DEPTH: Final = 24
"""Where a PNG says its bits a channel."""
_USUAL: Final = ([0], [0, 0, 0], [0, 1, 1], [0, 1, 2])
"""Numbers of the tables for brightness and the two colours."""
_TAKEN: Final = {"1", "L", "LA", "P", "PA", "RGB", "RGBA"}


@final
@dataclass(frozen=True, eq=False)
class Picture:
    """A decoded photo and what is needed to write it again.

    Args:
        essence: The file without anything but the picture.
        profile: Its colour profile.
        pixels: uint8 ``(h, w, 1)`` or ``(h, w, 3)`` as stored, not turned upright.
        alpha: uint8 ``(h, w, 1)``, or None.
        options: How its format's encoder is to be called.
    """

    essence: ImageData
    profile: bytes | None
    pixels: NDArray[np.uint8]
    alpha: NDArray[np.uint8] | None
    options: Mapping[str, Any] = field(repr=False)

    def upright(self, stored: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """A view of pixels like this picture's as they are to be looked at."""
        return upright(stored, self.essence.orientation)

    def unchanged(self) -> bytes:
        """A file of the same pixels, without the rest."""
        if self.is_lossless:
            return self.encoded(self.pixels)
        return assemble(self.essence, self.profile)

    @property
    def is_lossless(self) -> bool:
        """Whether its pixels can be written again without a loss, and so without what hides between them."""
        return self.essence.format in ("PNG", "BMP") or "lossless" in self.options

    def encoded(self, pixels: NDArray[np.uint8]) -> bytes:
        """A file of other pixels, of the same shape as this picture's, written as this one was."""
        whole = pixels if self.alpha is None else np.concatenate([pixels, self.alpha], axis=2)
        file = BytesIO()
        image, own = Image.fromarray(whole[:, :, 0] if whole.shape[2] == 1 else whole), self.essence
        if own.format == "HEIC":
            write_heic(image, file, **self.options)
        else:
            image.save(file, own.format, **self.options)
        bare = take_apart(file.getvalue())._replace(orientation=own.orientation, marks=own.marks)
        return assemble(bare, self.profile)


def open_picture(data: bytes, place: Path | str) -> Picture:
    """Decode a photo at its full size.

    Args:
        data: A whole file, as ``intake.read`` gives it.
        place: What to call the photo in a rejection.

    Raises:
        PhotoRejected: If the photo is not taken in; ``rejection`` is a ``Rejection``.
    """
    with blaming(place):
        essence = take_apart(data)
        _require_kind(essence)
        with DECODERS[essence.format](BytesIO(essence.data)) as image:
            _require_colours(image, essence)
            image.load()
            options = _options(image, essence)
            pixels, alpha = parted(image)
        return Picture(essence, colour_profile(essence), pixels, alpha, options)


def _require_kind(essence: ImageData) -> None:
    if essence.format == "PNG" and essence.data[_PNG_DEPTH] == 16:
        raise ContainerRejected(
            Rejection.UNSUPPORTED_FORMAT, "16 bits a channel, of which writing would lose half"
        )
    depth = dict(essence.marks).get(heic.DEPTH, b"\x08") if essence.format == "HEIC" else b"\x08"
    if depth[0] > 8:
        raise ContainerRejected(
            Rejection.UNSUPPORTED_FORMAT, f"{depth[0]} bits a channel, of which writing would lose some"
        )


def _require_colours(image: Image.Image, essence: ImageData) -> None:
    if image.size != (essence.width, essence.height):
        raise ContainerRejected(Rejection.DAMAGED, "its decoder sees another size than its header says")
    if image.mode not in _TAKEN:
        raise ContainerRejected(Rejection.UNSUPPORTED_FORMAT, f"colours of the kind {image.mode}")


def parted(image: Image.Image) -> tuple[NDArray[np.uint8], NDArray[np.uint8] | None]:
    """Colours or grey, uint8 ``(h, w, c)``, and alpha ``(h, w, 1)`` or None."""
    if "transparency" in image.info or image.mode == "PA":
        image = image.convert("LA" if image.mode == "L" else "RGBA")
    elif image.mode in ("1", "P"):
        image = image.convert("L" if image.mode == "1" else "RGB")
    values: NDArray[np.uint8] = np.array(image)
    if values.ndim == 2:
        return values[:, :, None], None
    if image.mode in ("LA", "RGBA"):
        return values[:, :, :-1].copy(), values[:, :, -1:].copy()
    return values, None


def _options(image: Image.Image, essence: ImageData) -> dict[str, Any]:
    match essence.format:
        case "JPEG":
            return _jpeg_options(image)
        case "WEBP":
            lossless = b"VP8L" in (essence.data[12:16], essence.data[30:34])
            return {"lossless": True, "exact": True} if lossless else {"quality": WEBP_QUALITY}
        case "HEIC":
            return {"chroma": dict(essence.marks)[heic.CHROMA][0]}
        case _:
            return {}


def _jpeg_options(image: Image.Image) -> dict[str, Any]:
    """The tables that the photo was written with: what they throw away is gone already."""
    sampling = JpegImagePlugin.get_sampling(image)
    return {
        "qtables": _tables(image),
        "subsampling": 0 if sampling < 0 and image.mode == "RGB" else sampling,
        "progressive": bool(image.info.get("progressive")),
    }


def _tables(image: Image.Image) -> dict[int, list[int]] | list[list[int]]:
    """Quantisation tables as the encoder takes them: by number where components use them in the usual order."""
    tables: dict[int, list[int]] = image.quantization  # type: ignore[attr-defined]
    used = [component[3] for component in image.layer]  # type: ignore[attr-defined]
    return tables if used in _USUAL else [tables[number] for number in used]
