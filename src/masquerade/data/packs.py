"""Published data sets, which the user provides: a folder with a file for each.

* ``mnist.npz``: ``x_train``, ``y_train``, ``x_test``, ``y_test``.
* ``fashion_mnist_test.npz``: ``x_test``, ``y_test``.
* ``cifar10_subset_jpeg.npz``: JPEG copies of CIFAR-10 as ``jpeg_<part>`` with ``offsets_<part>``,
  ``y_<part>`` and ``classes``.
* ``lfw/``: person folders; or else ``lfw_112.npz``: the same photos as ``jpeg``, ``offsets``, ``identity``,
  ``filename`` and ``names``.
* ``celeba_150ids_112.npz``: as ``lfw_112.npz``, with ``celeba_identity`` instead of ``names``.
"""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray

from masquerade.data import folders
from masquerade.data.image_set import ImageSet
from masquerade.data.intake import Mode, decode_bytes
from masquerade.data.npz import Npz
from masquerade.errors import PhotoRejected, StudyError

DATA_VARIABLE = "MASQUERADE_DATA"
"""Environment variable that names the data folder where no argument does."""
Part = Literal["train", "test"]
_FASHION = (
    "T-shirt",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)


def data_root(given: Path | None = None) -> Path:
    """The folder of data sets: the one given, else the one that ``MASQUERADE_DATA`` names.

    Raises:
        StudyError: If neither is there.
    """
    named = given or (Path(os.environ[DATA_VARIABLE]) if os.environ.get(DATA_VARIABLE) else None)
    remedy = (
        f"Put the data sets into a folder; name it with --data or the environment variable {DATA_VARIABLE}."
    )
    if named is None:
        raise StudyError("no data folder given", remedy=remedy)
    if not named.is_dir():
        place = "--data" if given else DATA_VARIABLE
        raise StudyError("no such data folder", value=named, place=place, remedy=remedy)
    return named


def mnist(root: Path, part: Part) -> ImageSet:
    """MNIST digits, ``(n, 1, 28, 28)``: 60,000 for training, 10,000 for the test.

    Raises:
        StudyError: If the file is missing or damaged.
    """
    return _arrays(Npz(root / "mnist.npz"), part, tuple("0123456789"))


def fashion_mnist(root: Path) -> ImageSet:
    """The 10,000 test images of Fashion-MNIST, ``(n, 1, 28, 28)``.

    Raises:
        StudyError: If the file is missing or damaged.
    """
    return _arrays(Npz(root / "fashion_mnist_test.npz"), "test", _FASHION)


def cifar10(root: Path, part: Part) -> ImageSet:
    """CIFAR-10 images out of JPEG copies, ``(n, 3, 32, 32)``: 25,000 for training, 5,000 for the test.

    Raises:
        StudyError: If the file is missing or damaged.
    """
    pack = Npz(root / "cifar10_subset_jpeg.npz")
    names = tuple(str(name) for name in pack["classes"])
    photos = pack.slices(f"jpeg_{part}", f"offsets_{part}")
    images = _decoded(pack, photos, range(len(photos)), 32, 32, "RGB")
    return ImageSet(images, _labels(pack, f"y_{part}", len(photos), len(names)), names)


def lfw(root: Path, height: int, width: int, mode: Mode = "RGB", min_images: int = 1) -> ImageSet:
    """Labelled Faces in the Wild: person folders at ``root/lfw`` if there, else ``root/lfw_112.npz``.

    Both give the same images in the same order.

    Args:
        root: The data folder.
        height: Rows wanted.
        width: Columns wanted.
        mode: "RGB" or "L".
        min_images: People with fewer are left out.

    Raises:
        StudyError: If neither is there, or a photo cannot be taken in.
        UsageError: If nobody has enough images.
    """
    folder = root / "lfw"
    if not folder.is_dir():
        pack = Npz(root / "lfw_112.npz")
        return _faces(pack, [str(name) for name in pack["names"]], height, width, mode, min_images)
    images, rejected, _ = folders.load(folder, height, width, mode, min_images)
    if rejected:
        raise StudyError(
            f"{len(rejected)} photos cannot be taken in",
            value=rejected[0],
            place=folder,
            remedy="Restore them.",
        )
    return images


def celeba(root: Path, height: int, width: int, mode: Mode = "RGB", min_images: int = 1) -> ImageSet:
    """The 150 people of CelebA in ``celeba_150ids_112.npz``; arguments and errors as for ``lfw``."""
    pack = Npz(root / "celeba_150ids_112.npz")
    return _faces(pack, celeba_people(pack), height, width, mode, min_images)


def celeba_people(pack: Npz) -> list[str]:
    """Names of the people of the CelebA pack, by number."""
    return [f"celeba_{number}" for number in pack["celeba_identity"]]


def _faces(pack: Npz, people: list[str], height: int, width: int, mode: Mode, min_images: int) -> ImageSet:
    photos, identity = pack.slices("jpeg", "offsets"), pack["identity"]
    rows = face_rows(pack, people, min_images)
    images = _decoded(pack, photos, rows, height, width, mode)
    return folders.labelled(images, [people[identity[row]] for row in rows], min_images, pack.path)


def face_rows(pack: Npz, people: list[str], min_images: int) -> list[int]:
    """Rows of the photos of people who have enough of them, in the order in which person folders are read.

    Raises:
        StudyError: If the file is damaged.
    """
    photos = pack.slices("jpeg", "offsets")
    identity = _labels(pack, "identity", len(photos), len(people)).tolist()
    files = [f"{Path(str(name)).stem}.jpg" for name in pack["filename"]]
    if len(files) != len(photos):
        raise pack.damaged(f"filename names {len(files)} photos of {len(photos)}")
    counts = np.bincount(identity)
    enough = (row for row, person in enumerate(identity) if counts[person] >= min_images)
    return sorted(enough, key=lambda row: (os.fsencode(people[identity[row]]), os.fsencode(files[row])))


def _decoded(
    pack: Npz, photos: list[bytes], rows: Sequence[int], height: int, width: int, mode: Mode
) -> torch.Tensor:
    images = torch.empty((len(rows), 3 if mode == "RGB" else 1, height, width), dtype=torch.uint8)
    for image, row in zip(images, rows, strict=True):
        try:
            image.copy_(
                torch.from_numpy(decode_bytes(photos[row], height, width, mode, place=f"photo {row}"))
            )
        except PhotoRejected as error:
            raise pack.damaged(f"photo {row} is {error.rejection}") from error
    return images


def _arrays(pack: Npz, part: Part, names: tuple[str, ...]) -> ImageSet:
    images = pack[f"x_{part}"]
    if images.dtype != np.uint8 or images.shape[1:] != (28, 28):
        raise pack.damaged(f"x_{part} of type {images.dtype} and shape {images.shape}")
    labels = _labels(pack, f"y_{part}", len(images), len(names))
    return ImageSet(torch.from_numpy(images[:, None]), labels, names)


def _labels(pack: Npz, name: str, count: int, names: int) -> torch.Tensor:
    labels = pack[name]
    if labels.shape != (count,) or labels.dtype.kind not in "iu" or not _within(labels, names):
        raise pack.damaged(f"{name} does not number {count} images from 0 to {names - 1}")
    return torch.from_numpy(labels.astype(np.int64))


def _within(labels: NDArray[np.generic], names: int) -> bool:
    return labels.size == 0 or bool(labels.min() >= 0 and labels.max() < names)
