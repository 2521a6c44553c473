"""Images in memory with the class or person of each: what audits and attacks work on."""

from dataclasses import dataclass
from hashlib import sha256

import torch
from torch import Tensor


@dataclass(frozen=True)
class ImageSet:
    """Images of one shape, with labels.

    Args:
        images: ``(n, c, h, w)``, uint8; float32 where they are feature maps of a public encoder.
        labels: int64 ``(n,)``, indices into ``names``.
        names: Person or class of each label.
    """

    images: Tensor
    labels: Tensor
    names: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.images)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Channels, height and width of one image."""
        c, h, w = self.images.shape[1:]
        return int(c), int(h), int(w)

    @property
    def digest(self) -> str:
        """SHA-256 over pixels and labels, hexadecimal."""
        seen = sha256(self.images.contiguous().numpy().tobytes())
        seen.update(self.labels.contiguous().numpy().tobytes())
        return seen.hexdigest()

    def take(self, rows: Tensor) -> "ImageSet":
        """The images at ``rows``; labels keep their numbers."""
        return ImageSet(self.images[rows], self.labels[rows], self.names)

    def of(self, labels: Tensor) -> "ImageSet":
        """The images whose label is among ``labels``, in their order; labels keep their numbers."""
        return self.take(torch.isin(self.labels, labels).nonzero().flatten())

    def without(self, *rows: Tensor) -> "ImageSet":
        """The images at none of the ``rows``, in their order; labels keep their numbers."""
        keep = torch.ones(len(self), dtype=torch.bool)
        for some in rows:
            keep[some] = False
        return self.take(keep.nonzero().flatten())

    def renumbered(self, keep: Tensor) -> "ImageSet":
        """The images of the labels ``keep``, which become 0, 1, ... in that order."""
        new = torch.full((len(self.names),), -1)
        new[keep] = torch.arange(len(keep))
        rows = (new[self.labels] >= 0).nonzero().flatten()
        names = tuple(self.names[int(k)] for k in keep)
        return ImageSet(self.images[rows], new[self.labels[rows]], names)
