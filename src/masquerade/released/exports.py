"""A released data set in the forms that other libraries read.

Hugging Face datasets, tar files for webdataset, NumPy's files, a folder a class. Nothing but images and labels goes
into them: what the owner knows lies elsewhere.
"""

import io
import tarfile
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from masquerade.errors import UsageError
from masquerade.files.durable import write_durably
from masquerade.files.kinds import Kind
from masquerade.files.outputs import require_folder

if TYPE_CHECKING:
    from masquerade.released.dataset import ReleasedDataset

IMAGE, LABEL = "image", "label"


def to_hf(released: "ReleasedDataset") -> Any:  # noqa: ANN401 - the library need not be installed
    """A ``datasets.Dataset`` with the columns ``image``, float32 ``(c, h, w)``, and ``label``; see the method."""
    try:
        datasets: Any = import_module("datasets")
    except ImportError:
        raise UsageError(
            "the library datasets is not installed", remedy="Run: python -m pip install datasets"
        ) from None
    features = datasets.Features(
        {
            IMAGE: datasets.Array3D(shape=released.shape, dtype="float32"),
            LABEL: datasets.Value("int64"),
        }
    )
    return datasets.Dataset.from_generator(_rows, features=features, gen_kwargs={"released": released})


def _rows(released: "ReleasedDataset") -> Iterator[dict[str, Any]]:
    for index in range(len(released)):
        image, label = released[index]
        yield {IMAGE: image.numpy(), LABEL: label}


def to_webdataset(released: "ReleasedDataset", folder: Path, *, overwrite: bool = False) -> tuple[Path, ...]:
    """Tar files with ``NUMBER.npy`` and ``NUMBER.cls`` for each image, one a shard; see the method."""
    return _by_shard(released, folder, "tar", _tar, overwrite=overwrite)


def to_npz(released: "ReleasedDataset", folder: Path, *, overwrite: bool = False) -> tuple[Path, ...]:
    """Files of NumPy with ``images`` and ``labels``, one a shard; see the method."""
    return _by_shard(released, folder, "npz", _npz, overwrite=overwrite)


def to_imagefolder(released: "ReleasedDataset", folder: Path) -> tuple[Path, ...]:
    """A folder a class, and in it a file an image; see the method."""
    require_folder(folder, {})
    if folder.is_dir() and any(folder.iterdir()):
        raise UsageError("the folder is not empty", place=folder, remedy="Name a new or empty folder.")
    ending, encoded = ("png", _png) if _are_pictures(released) else ("npy", _npy)
    width = len(str(max(released.classes - 1, 0)))
    for label in range(released.classes):
        (folder / f"{label:0{width}d}").mkdir(parents=True, exist_ok=True)
    written = []
    for row in range(len(released)):
        image, label = released[row]
        written.append(folder / f"{label:0{width}d}" / f"{row:09d}.{ending}")
        write_durably(written[-1], [encoded(image)])
    return tuple(written)


def _by_shard(
    released: "ReleasedDataset",
    folder: Path,
    ending: str,
    made: Callable[["ReleasedDataset", range], bytes],
    *,
    overwrite: bool,
) -> tuple[Path, ...]:
    names = [f"part-{number:05d}.{ending}" for number in range(len(released.manifest.shards))]
    require_folder(folder, dict.fromkeys(names, Kind.OTHER if overwrite else Kind.NOTHING))
    folder.mkdir(parents=True, exist_ok=True)
    start = 0
    for name, shard in zip(names, released.manifest.shards, strict=True):
        write_durably(folder / name, [made(released, range(start, start + shard.images))], replace=overwrite)
        start += shard.images
    return tuple(folder / name for name in names)


def _npz(released: "ReleasedDataset", rows: range) -> bytes:
    """The same bytes whenever it is made: NumPy writes no time."""
    whole = io.BytesIO()
    images = np.empty((len(rows), *released.shape), np.float32)
    for place, row in enumerate(rows):
        images[place] = released[row][0].numpy()
    np.savez(whole, images=images, labels=released.labels[rows.start : rows.stop].numpy())
    return whole.getvalue()


def _are_pictures(released: "ReleasedDataset") -> bool:
    """Whether every value is a whole number from 0 to 255, in one channel or three: what a PNG keeps as it is."""
    if released.shape[0] not in (1, 3):
        return False
    return all(_is_picture(released[row][0]) for row in range(len(released)))


def _is_picture(image: Tensor) -> bool:
    return bool(((image >= 0) & (image <= 255) & (image == image.round())).all())


def _png(image: Tensor) -> bytes:
    data = io.BytesIO()
    pixels = image.to(torch.uint8).permute(1, 2, 0).numpy()
    Image.fromarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels).save(data, "PNG")
    return data.getvalue()


def _tar(released: "ReleasedDataset", rows: range) -> bytes:
    """The same bytes whenever it is made: files in it have no time and no owner."""
    whole = io.BytesIO()
    with tarfile.open(fileobj=whole, mode="w") as tar:
        for row in rows:
            image, label = released[row]
            for ending, data in (("npy", _npy(image)), ("cls", str(label).encode())):
                entry = tarfile.TarInfo(f"{row:09d}.{ending}")
                entry.size = len(data)
                tar.addfile(entry, io.BytesIO(data))
    return whole.getvalue()


def _npy(image: Tensor) -> bytes:
    data = io.BytesIO()
    np.save(data, image.numpy(), allow_pickle=False)
    return data.getvalue()
