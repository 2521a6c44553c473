"""A released data set as PyTorch reads it: what a training machine needs, without any key."""

from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path
from typing import Any, final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset

from masquerade.released.exports import to_hf, to_imagefolder, to_npz, to_webdataset
from masquerade.released.manifest import Manifest
from masquerade.released.shard import Layout
from masquerade.released.shard_file import ShardFile
from masquerade.released.shard_values import check_values

MAPPED_SHARDS = 256
"""Shards that one data set keeps mapped at a time; each holds a file descriptor, and a process has 1,024 by default."""


def labels_of(folder: Path, manifest: Manifest) -> Iterator[Tensor]:
    """Labels of each shard in turn, int64 ``(n,)``.

    Raises:
        DamagedRelease: If the header or size of a shard is not as the manifest promises.
    """
    for number, entry in enumerate(manifest.shards):
        yield ShardFile(folder / entry.name, Layout.listed(manifest, number)).labels()


@final
class ReleasedDataset(Dataset[tuple[Tensor, int]]):
    """Disguised images with their integer labels; item ``i`` is ``(image, label)``.

    Images are float32 ``(c, h, w)``, raw disguised values. Shards are mapped into memory when first needed,
    so that the data set may be larger than memory; it works with any number of ``DataLoader`` workers.

    Args:
        folder: A folder that ``disguise`` wrote.

    Raises:
        DamagedRelease: If the manifest, or the header or size of a shard, is not as it was written. Whether
            every byte is, ``verify`` tells.
        UnsupportedRelease: If the folder holds no finished released data set of a known version.
    """

    def __init__(self, folder: str | Path) -> None:
        self._folder = Path(folder)
        self.manifest = Manifest.load(self._folder)
        self._starts = [0, *accumulate(shard.images for shard in self.manifest.shards)]
        self._mapped: OrderedDict[int, ShardFile] = OrderedDict()
        parts = list(labels_of(self._folder, self.manifest))
        self.labels = torch.cat(parts) if parts else torch.empty(0, dtype=torch.int64)
        check_values(torch.empty(0), self.labels, self.classes, self._folder)

    @property
    def folder(self) -> Path:
        """The folder that it is read from."""
        return self._folder

    @property
    def shape(self) -> tuple[int, int, int]:
        """Channels, height and width of one image."""
        return self.manifest.stored_shape

    @property
    def classes(self) -> int:
        """Labels are integers from 0 below this."""
        return self.manifest.classes

    def __len__(self) -> int:
        return self.manifest.images

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        if index < 0:
            index += len(self)
        if not 0 <= index < len(self):
            raise IndexError(f"image {index} of {len(self)}")
        number = bisect_right(self._starts, index) - 1
        image = self._shard(number).image(index - self._starts[number])
        return image, int(self.labels[index])

    def load_all(self) -> tuple[Tensor, Tensor]:
        """All images, float32 ``(n, c, h, w)``, and labels, int64 ``(n,)``, in memory.

        Raises:
            DamagedRelease: If a value is not finite.
        """
        images = torch.empty((len(self), *self.shape))
        for number, start in enumerate(self._starts[:-1]):
            images[start : self._starts[number + 1]] = self._shard(number).images()
        check_values(images, self.labels, self.classes, self._folder)
        return images, self.labels.clone()

    def to_arrays(self) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """All images ``(n, c, h, w)`` and labels ``(n,)`` as arrays in memory; see ``load_all``."""
        images, labels = self.load_all()
        return images.numpy(), labels.numpy()

    def to_hf(self) -> Any:  # noqa: ANN401 - the library need not be installed
        """The same as a ``datasets.Dataset`` of Hugging Face, with the columns ``image`` and ``label``.

        The library keeps a copy in its own cache folder; nothing is fetched or sent.

        Raises:
            UsageError: If the library is not installed.
        """
        return to_hf(self)

    def to_webdataset(self, folder: str | Path, *, overwrite: bool = False) -> tuple[Path, ...]:
        """Write the same as tar files for the library webdataset, one a shard; the library need not be installed.

        Each image is ``NUMBER.npy``, float32 ``(c, h, w)``, and its label ``NUMBER.cls``.

        Args:
            folder: Where to; made if missing.
            overwrite: Whether tar files that stand there may be replaced.

        Returns:
            The files, in order.

        Raises:
            UsageError: If something stands there that may not be replaced.
            WriteFailed: If the disk refuses.
        """
        return to_webdataset(self, Path(folder), overwrite=overwrite)

    def to_npz(self, folder: str | Path, *, overwrite: bool = False) -> tuple[Path, ...]:
        """Write the same as files of NumPy, one a shard.

        Each holds ``images``, float32 ``(n, c, h, w)``, and ``labels``, int64 ``(n,)``.

        Args:
            folder: Where to; made if missing.
            overwrite: Whether files that stand there may be replaced.

        Returns:
            The files, in order.

        Raises:
            UsageError: If something stands there that may not be replaced.
            WriteFailed: If the disk refuses.
        """
        return to_npz(self, Path(folder), overwrite=overwrite)

    def to_imagefolder(self, folder: str | Path) -> tuple[Path, ...]:
        """Write the same as a folder a class, named by its number, with a file an image, named by its place.

        PNG where every value of the data set is a whole number from 0 to 255, in one channel or three, as of cloaks
        and blurred photos; ``NUMBER.npy``, float32 ``(c, h, w)``, otherwise, since a picture would round them.

        Args:
            folder: Where to: a new or empty folder.

        Returns:
            The files, in the order of the data set.

        Raises:
            UsageError: If the folder is not empty.
            WriteFailed: If the disk refuses.
        """
        return to_imagefolder(self, Path(folder))

    def _shard(self, number: int) -> ShardFile:
        if number not in self._mapped:
            path = self._folder / self.manifest.shards[number].name
            self._mapped[number] = ShardFile(path, Layout.listed(self.manifest, number))
            if len(self._mapped) > MAPPED_SHARDS:
                self._mapped.popitem(last=False)
        self._mapped.move_to_end(number)
        return self._mapped[number]

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"_mapped": OrderedDict()}
