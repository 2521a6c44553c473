"""Normalisation of a network's input by the statistics of its training images."""

from collections.abc import Iterable
from typing import final

import torch
from torch import Tensor, nn

_SMALLEST_SHARE = 1e-2
"""Positions that vary less than this share of the average are not blown up to unit variance."""


@final
class InputNorm(nn.Module):
    """Subtract a mean and divide by a standard deviation, both buffers, so that they travel with the model.

    Args:
        shape: Channels, height and width of one image.
        per_position: One mean and deviation for each number of the image instead of each channel.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, shape: tuple[int, int, int], *, per_position: bool = False) -> None:
        super().__init__()
        c, h, w = shape
        size = (c, h, w) if per_position else (c, 1, 1)
        self.register_buffer("mean", torch.zeros(size))
        self.register_buffer("std", torch.ones(size))

    def forward(self, images: Tensor) -> Tensor:
        """Normalised float32 images of the same shape."""
        return (images.float() - self.mean) / self.std

    @torch.no_grad()
    def fit(self, batches: Iterable[Tensor]) -> None:
        """Take mean and deviation from raw training images, given as batches ``(n, c, h, w)``.

        Positions that hardly vary get a floor of 1 % of the average deviation; constant images get 1.
        """
        count, total, squares = 0, torch.zeros(1), torch.zeros(1)
        over = (0, 2, 3) if self.mean.shape[1] == 1 else (0,)
        for batch in batches:
            values = batch.double().cpu()
            total = total + values.sum(over)
            squares = squares + values.square().sum(over)
            count += values.numel() // self.mean.numel()
        mean = total / count
        std = (squares / count - mean.square()).clamp(min=0).sqrt()
        floor = _SMALLEST_SHARE * std.square().mean().sqrt()
        std = std.clamp(min=float(floor)) if floor > 1e-6 else torch.ones_like(std)
        self.mean.copy_(mean.reshape(self.mean.shape))
        self.std.copy_(std.reshape(self.std.shape))
