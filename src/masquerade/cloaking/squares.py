"""Aligned faces out of whole photos, as cloaks and recognisers look at them."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from masquerade.data.intake import read
from masquerade.data.picture import open_picture
from masquerade.faces.alignment import TEMPLATE, Placement, placement, settled
from masquerade.faces.finder import Face
from masquerade.faces.sampling import seen

Pixels = NDArray[np.uint8]
Finder = Callable[[Pixels], Sequence[Face]]
"""Finds faces on a photo ``(h, w, c)``."""


def upright_photo(path: Path) -> Pixels:
    """The pixels of a photo as it is to be looked at, ``(h, w, c)``.

    Raises:
        PhotoRejected: If it cannot be read.
    """
    picture = open_picture(read(path)[0], path)
    return np.ascontiguousarray(picture.upright(picture.pixels))


def squares_of(photo: Pixels, finder: Finder) -> list[Placement]:
    """Where the squares of its faces lie."""
    return [settled(placement(face)) for face in finder(photo)]


def cut(photo: Pixels, squares: Sequence[Placement]) -> Tensor:
    """The faces in squares, uint8 ``(n, 3, 112, 112)``; those of grey photos have three equal channels."""
    if not squares:
        return torch.zeros(0, 3, TEMPLATE, TEMPLATE, dtype=torch.uint8)
    faces = np.stack(
        [np.broadcast_to(seen(photo, each, TEMPLATE), (TEMPLATE, TEMPLATE, 3)) for each in squares]
    )
    return torch.from_numpy(faces).permute(0, 3, 1, 2).contiguous()
