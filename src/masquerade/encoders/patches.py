"""Patches of pixels as tokens, with their places: what a transformer without a pre-trained encoder begins with."""

from typing import Final, final

from torch import Tensor
from torch.nn import functional

from masquerade.encoders.base import Encoder, digest_of
from masquerade.encoders.positions import sin_cos

_SIDE, _PATCH = 112, 16
_GRID: Final = _SIDE // _PATCH
_WIDTH: Final = 3 * _PATCH**2
_MIDDLE, _SPREAD = 127.5, 64.0


@final
class Patches(Encoder):
    """The 768 numbers of each 16x16 patch, brought to about mean 0 and variance 1, positions added.

    Nothing is learned: the recogniser's first layer has to. It is the vanilla network of XNN's Table 5.
    """

    def __init__(self) -> None:
        shape = (_WIDTH, _GRID, _GRID)
        super().__init__("patches", (3, _SIDE, _SIDE), shape, digest_of([type(self).__name__], {}))
        self._positions = sin_cos(_WIDTH, _GRID, _GRID).T

    def features(self, images: Tensor) -> Tensor:
        """Feature maps ``(n, 768, 7, 7)``."""
        patches = functional.unfold((images - _MIDDLE) / _SPREAD, _PATCH, stride=_PATCH)
        return (patches + self._positions).reshape(images.shape[0], *self.shape)
