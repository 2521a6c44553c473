"""Where training images come from: memory, or a released data set larger than memory."""

from dataclasses import dataclass
from typing import Protocol, final

import torch
from torch import Tensor

from masquerade.errors import UsageError
from masquerade.released import ReleasedDataset
from masquerade.released.shard_values import check_values


class ImageSource(Protocol):
    """Training images that can be asked for by row."""

    @property
    def labels(self) -> Tensor:
        """int64 ``(n,)``, 0 to classes - 1; or soft targets, floating ``(n, classes)``, each row summing to 1."""

    def images(self, rows: Tensor) -> Tensor:
        """Raw images ``(len(rows), c, h, w)``, uint8 or floating."""


@final
@dataclass(frozen=True)
class InMemory:
    """A source that holds everything.

    Args:
        every: Images ``(n, c, h, w)``, uint8 or floating.
        labels: int64 ``(n,)``, or soft targets, floating ``(n, classes)``.

    Raises:
        UsageError: If images and labels do not belong together, or a value is not a finite number.
    """

    every: Tensor
    labels: Tensor

    def __post_init__(self) -> None:
        if self.every.ndim != 4 or len(self.every) != len(self.labels):
            raise UsageError(
                "training images and labels do not belong together",
                value=f"images {tuple(self.every.shape)}, labels {tuple(self.labels.shape)}",
                remedy="Give images as (n, c, h, w) and one label for each.",
            )
        if self.every.is_floating_point() and not bool(self.every.isfinite().all()):
            bad = int((~self.every.isfinite().flatten(1).all(1)).nonzero()[0])
            raise UsageError(
                "training images hold values that are not finite numbers",
                value=f"image {bad}",
                remedy="Disguise the photos again, or leave this image out.",
            )

    def images(self, rows: Tensor) -> Tensor:
        """The images at ``rows``."""
        return self.every[rows]


@final
class Rows:
    """Some rows of a released data set, read from its shards when asked for.

    Args:
        released: The data set.
        rows: int64, the rows to take, in this order.
    """

    def __init__(self, released: ReleasedDataset, rows: Tensor) -> None:
        self._released = released
        self._rows = rows
        self.labels = released.labels[rows]

    def images(self, rows: Tensor) -> Tensor:
        """The images at ``rows`` (counted within the taken ones), in that order.

        Raises:
            DamagedRelease: If a value is not finite.
        """
        wanted = self._rows[rows]
        images = torch.empty((len(rows), *self._released.shape))
        # In the order of the shards, so that each is mapped once in a batch.
        for place in wanted.argsort().tolist():
            images[place] = self._released[int(wanted[place])][0]
        check_values(images, self.labels[rows], self._released.classes, "the released shards")
        return images
