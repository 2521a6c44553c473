"""Photos without regard to whose they are: every one in and below a folder."""

import os
from collections.abc import Iterator
from pathlib import Path

import torch
from torch import Tensor

from masquerade.data.folders import EXTENSIONS
from masquerade.data.intake import Mode, decode
from masquerade.data.printable import printable
from masquerade.errors import PhotoRejected, UsageError


def photo_paths(root: Path) -> list[Path]:
    """Photos in and below a folder, sorted by the bytes of their names; hidden ones and links are passed over.

    Raises:
        UsageError: If ``root`` is no readable folder, or there is no photo.
    """
    if not root.is_dir():
        raise UsageError("no such folder", value=printable(str(root)), remedy="Name a folder of photos.")
    found = sorted(_below(root), key=lambda path: [os.fsencode(part) for part in path.parts])
    if not found:
        raise UsageError(
            "no photos found",
            place=printable(str(root)),
            remedy=f"Photos end in {', '.join(sorted(EXTENSIONS))}.",
        )
    return found


def load(root: Path, height: int, width: int, mode: Mode) -> tuple[Tensor, list[PhotoRejected]]:
    """Decode the photos in and below a folder.

    Args:
        root: A folder of photos, or of folders of photos.
        height: Rows wanted.
        width: Columns wanted.
        mode: "RGB" or "L".

    Returns:
        uint8 ``(n, c, height, width)``, sorted as ``photo_paths`` sorts; and each photo that was turned away,
        once.

    Raises:
        UsageError: As ``photo_paths``.
    """
    paths = photo_paths(root)
    images = torch.empty((len(paths), 3 if mode == "RGB" else 1, height, width), dtype=torch.uint8)
    rejected: list[PhotoRejected] = []
    taken = 0
    for path in paths:
        try:
            images[taken] = torch.from_numpy(decode(path, height, width, mode))
            taken += 1
        except PhotoRejected as error:
            rejected.append(error)
    return images[:taken], rejected


def _below(folder: Path) -> Iterator[Path]:
    for here, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in files:
            path = Path(here, name)
            if not name.startswith(".") and path.suffix.lower() in EXTENSIONS and not path.is_symlink():
                yield path
