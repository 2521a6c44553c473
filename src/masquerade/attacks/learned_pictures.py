"""Pictures out of protected images, learned from pairs that an attacker made himself: by ridge, and by a network."""

from collections.abc import Callable
from typing import Final

import numpy as np
from torch import Tensor

from masquerade.attacks.principal import leading_axes
from masquerade.attacks.ridge import Ridge
from masquerade.training.hyperobf.inversion import InversionSettings, restored, train_inversion

ROWS: Final = 900
"""Pairs at most that ridge regression learns from: its time grows with their third power."""
AXES: Final = 150
"""Principal components of a picture."""
COLOURS: Final = 3

Restoring = Callable[[Tensor], Tensor]
"""Protected images ``(n, c', h', w')`` to pictures ``(n, c, h, w)`` of 0 to 255."""


def by_ridge(protected: Tensor, pictures: Tensor) -> Restoring:
    """A linear restoration of any shape of protected images.

    Args:
        protected: ``(n, c', h', w')``, the first ``ROWS`` are learned from.
        pictures: ``(n, c, h, w)``, row by row.
    """
    flat = pictures[:ROWS].double().flatten(1)
    mean = flat.mean(0)
    axes = leading_axes(flat - mean, AXES)
    ridge = Ridge.of(protected[:ROWS].flatten(1), (flat - mean) @ axes)
    shape = pictures.shape[1:]

    def restore(images: Tensor) -> Tensor:
        found = ridge(images.flatten(1)) @ axes.T + mean
        return found.reshape(-1, *shape).float().clamp(0, 255)

    return restore


def by_network(protected: Tensor, pictures: Tensor, steps: int, rng: np.random.Generator) -> Restoring | None:
    """A small U-Net's restoration; None where protected images have no picture's shape.

    Args:
        protected: ``(n, c, h, w)``.
        pictures: ``(n, c, h, w)``, row by row.
        steps: Batches.
        rng: Of the network's weights and batches.
    """
    if protected.shape[1:] != pictures.shape[1:] or pictures.shape[1] not in (1, COLOURS) or steps < 1:
        return None
    level = Level.of(protected, pictures)
    settings = InversionSettings(width=12, steps=steps, batch_size=32)
    network = train_inversion(in_colour(level(protected)), in_colour(pictures), settings, rng)
    channels = pictures.shape[1]

    def restore(images: Tensor) -> Tensor:
        found = restored(network, in_colour(level(images)))
        return found if channels == COLOURS else found.mean(1, keepdim=True)

    return restore


def in_colour(images: Tensor) -> Tensor:
    """Grey pictures ``(n, 1, h, w)`` in three equal channels; those of three as they are."""
    return images.expand(-1, COLOURS, -1, -1).contiguous() if images.shape[1] == 1 else images


class Level:
    """Protected images brought to the brightness and contrast of pictures, all alike."""

    def __init__(self, shift: float, scale: float, towards: float) -> None:
        self._shift, self._scale, self._towards = shift, scale, towards

    @classmethod
    def of(cls, protected: Tensor, pictures: Tensor) -> "Level":
        """What brings these to the mean and spread of those."""
        spread = float(protected.std()) or 1.0
        return cls(float(protected.mean()), float(pictures.std()) / spread, float(pictures.mean()))

    def __call__(self, images: Tensor) -> Tensor:
        """float32 of the same shape, not clipped."""
        return (images.float() - self._shift) * self._scale + self._towards
