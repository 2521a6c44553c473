"""What stands beside the photos of CelebA: 40 attributes of each, and whom the official partition holds back."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final, final

import numpy as np
import torch
from torch import Tensor

from masquerade.data.npz import Npz
from masquerade.data.packs import celeba_people, face_rows
from masquerade.errors import StudyError

_TEST: Final = 2
"""Number of the official test partition."""


@final
@dataclass(frozen=True)
class Attributes:
    """Attributes of photos, row by row.

    Args:
        values: bool ``(n, a)``.
        names: As CelebA has them.
    """

    values: Tensor
    names: tuple[str, ...]

    def take(self, rows: Tensor) -> "Attributes":
        """Those of some photos."""
        return Attributes(self.values[rows], self.names)


def attributes(root: Path, min_images: int = 1) -> Attributes:
    """The attributes of the photos that ``packs.celeba`` gives, in its order.

    Args:
        root: The data folder.
        min_images: As for ``packs.celeba``.

    Raises:
        StudyError: If the file is missing or damaged.
    """
    pack = Npz(root / "celeba_150ids_112.npz")
    values, names = pack["attributes"], tuple(str(name) for name in pack["attribute_names"])
    if values.dtype != np.bool_ or values.shape != (len(pack["identity"]), len(names)):
        raise pack.damaged(f"attributes of type {values.dtype} and shape {values.shape}")
    rows = face_rows(pack, celeba_people(pack), min_images)
    return Attributes(torch.from_numpy(values[np.array(rows)]), names)


def held_back(root: Path, count: int) -> tuple[str, ...]:
    """The people whose photos no shipped network learns from: private in studies.

    They are those of the official test partition, then those of its training partition with the highest numbers.

    Args:
        root: The data folder.
        count: How many people.

    Returns:
        Their names, as ``packs.celeba`` gives them.

    Raises:
        StudyError: If the file is missing or damaged, or there are not so many people.
    """
    pack = Npz(root / "celeba_150ids_112.npz")
    people, numbers, identity = celeba_people(pack), pack["celeba_identity"], pack["identity"]
    tested = set(identity[pack["partition"] == _TEST].tolist())
    order = sorted(range(len(people)), key=lambda person: (person not in tested, -int(numbers[person])))
    if not 1 <= count <= len(order):
        raise StudyError(
            "CelebA has not so many people", value=f"{count}, there are {len(order)}", place="data.private"
        )
    return tuple(people[person] for person in order[:count])
