"""Photos of a study brought to another size."""

import torch
from torch.nn import functional

from masquerade.data.image_set import ImageSet

_BATCH = 64


def brought_to(images: ImageSet, size: tuple[int, int]) -> ImageSet:
    """The same photos with so many rows and columns, by antialiased bilinear interpolation, uint8."""
    resized = [
        functional.interpolate(some.float(), size, mode="bilinear", antialias=True)
        for some in torch.split(images.images, _BATCH)
    ]
    return ImageSet(torch.cat(resized).round().to(torch.uint8), images.labels, images.names)
