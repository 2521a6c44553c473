"""Read a shard without loading it: memory-mapped, after its header was checked. torch is loaded for tensors alone."""

import mmap
from pathlib import Path
from typing import TYPE_CHECKING, final

import numpy as np

from masquerade.errors import DamagedRelease
from masquerade.files.opening import open_file
from masquerade.released.shard import Layout, check_header, damaged

if TYPE_CHECKING:
    from torch import Tensor


@final
class ShardFile:
    """One shard, mapped into memory.

    Args:
        path: The file.
        layout: What the manifest promises about it.

    Raises:
        DamagedRelease: If the file is missing, or its header or size is not as promised.
    """

    def __init__(self, path: Path, layout: Layout) -> None:
        self._path = path
        try:
            with open_file(path) as file:
                labels_at = check_header(file, path.stat().st_size, layout, path)
                self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except OSError as error:
            raise DamagedRelease(
                "a shard cannot be read", value=error.strerror, place=path, remedy="Copy this file again."
            ) from None
        images_at = labels_at + layout.labels_bytes
        shape = (layout.images, *layout.shape)
        self._labels = np.ndarray((layout.images,), np.dtype("<i8"), self._map, labels_at)
        kind = np.dtype("<f2" if layout.dtype == "float16" else "<f4")
        self._images: np.ndarray[tuple[int, ...], np.dtype[np.floating]] = np.ndarray(
            shape, kind, self._map, images_at
        )

    def labels(self) -> "Tensor":
        """int64 ``(n,)``, a copy."""
        import torch

        return torch.from_numpy(self._labels.astype(np.int64))

    def image(self, row: int) -> "Tensor":
        """float32 ``(c, h, w)``, a copy of one image."""
        import torch

        return torch.from_numpy(self._images[row].astype(np.float32))

    def images(self) -> "Tensor":
        """float32 ``(n, c, h, w)``, a copy of all images."""
        import torch

        return torch.from_numpy(self._images.astype(np.float32))

    def check(self, classes: int) -> None:
        """Check that every value is finite and every label below ``classes``.

        Raises:
            DamagedRelease: If not.
        """
        extremes = () if self._images.size == 0 else (self._images.min(), self._images.max())
        if not np.isfinite(extremes).all():  # they carry NaN and infinity along
            raise damaged("its images are not all finite numbers", self._path)
        if (self._labels < 0).any() or (self._labels >= classes).any():
            raise damaged(f"its labels are not all from 0 below {classes}", self._path)
