"""A released data set in the forms that other libraries read: Hugging Face datasets, and tar files for webdataset."""

import io
import tarfile
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
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
    count = len(released.manifest.shards)
    names = [f"part-{number:05d}.tar" for number in range(count)]
    require_folder(folder, dict.fromkeys(names, Kind.OTHER if overwrite else Kind.NOTHING))
    folder.mkdir(parents=True, exist_ok=True)
    start = 0
    for name, shard in zip(names, released.manifest.shards, strict=True):
        rows = range(start, start + shard.images)
        write_durably(folder / name, [_tar(released, rows)], replace=overwrite)
        start += shard.images
    return tuple(folder / name for name in names)


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
