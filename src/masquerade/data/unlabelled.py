"""Photos without regard to whose they are: every one in and below a folder."""

from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from masquerade.data.intake import Mode, Reader, decode
from masquerade.data.photo_tree import photo_tree
from masquerade.errors import PhotoRejected


class Unlabelled(NamedTuple):
    """Photos of a folder.

    Args:
        images: uint8 ``(n, c, height, width)``, sorted as ``photo_tree`` sorts.
        rejected: Each photo that was turned away, once.
        notices: What was passed over.
    """

    images: Tensor
    rejected: list[PhotoRejected]
    notices: tuple[str, ...]


def load(root: Path, height: int, width: int, mode: Mode, read: Reader | None = None) -> Unlabelled:
    """Decode the photos in and below a folder.

    Args:
        root: A folder of photos, or of folders of photos.
        height: Rows wanted.
        width: Columns wanted.
        mode: "RGB" or "L".
        read: How a photo is read; by itself cropped about its centre.

    Raises:
        UsageError: As ``photo_tree``.
    """
    tree = photo_tree(root)
    paths = tree.paths()
    images = torch.empty((len(paths), 3 if mode == "RGB" else 1, height, width), dtype=torch.uint8)
    rejected: list[PhotoRejected] = []
    taken = 0
    for path in paths:
        try:
            pixels = decode(path, height, width, mode) if read is None else read(path)
            images[taken] = torch.from_numpy(pixels)
            taken += 1
        except PhotoRejected as error:
            rejected.append(error)
    return Unlabelled(images[:taken], rejected, tree.notices)
