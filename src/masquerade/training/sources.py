"""Where training images come from: memory, or anything that can hand out rows."""

from dataclasses import dataclass
from typing import Protocol, final

from torch import Tensor

from masquerade.errors import UsageError


class Source(Protocol):
    """Training images that can be asked for by row."""

    @property
    def labels(self) -> Tensor:
        """int64 ``(n,)``, 0 to classes - 1."""

    def images(self, rows: Tensor) -> Tensor:
        """Raw images ``(len(rows), c, h, w)``, uint8 or floating."""


@final
@dataclass(frozen=True)
class InMemory:
    """A source that holds everything.

    Args:
        every: Images ``(n, c, h, w)``, uint8 or floating.
        labels: int64 ``(n,)``.

    Raises:
        UsageError: If images and labels do not belong together.
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

    def images(self, rows: Tensor) -> Tensor:
        """The images at ``rows``."""
        return self.every[rows]
