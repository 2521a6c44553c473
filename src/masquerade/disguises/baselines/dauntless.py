"""Dauntless: a secret random fully connected network on the photo (Xiao and Devadas 2021)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, final

from torch import Tensor

from masquerade.disguises.base import Disguise, Keyed, Shape
from masquerade.disguises.checks import require_count
from masquerade.disguises.random_network import Layer, secrets_of, through, uniform_layers
from masquerade.disguises.token_rows import in_parts
from masquerade.keys import Key, rounded_digest
from masquerade.traits import Traits

_CENTRE, _SCALE = 127.5, 64.0
_PART: Final = 32


@final
@dataclass(frozen=True)
class Dauntless(Disguise):
    """The whole photo as one row through a secret random network, the same for all photos.

    Layers are fully connected, with ReLU between them; weights and biases are U(-1, 1) over the root of a
    layer's inputs. Pixels enter as ``(x - 127.5) / 64``. Of the paper's method this is what XNN's authors
    compare with (section 2): its network in place of InstaHide's sign flips, without mixing of photos.

    Args:
        width: Numbers that come out, and numbers of every hidden layer.
        depth: Number of layers, 1 for a linear map.

    Raises:
        UsageError: If a parameter is out of its range.
    """

    width: int = 512
    depth: int = 2

    keyed_by_secret = True
    per_image = True
    restorable = False

    @property
    def traits(self) -> Traits:
        """One map for all photos, linear if it is of one layer."""
        return Traits(True, linear=self.depth == 1, same_map=True, keeps_inner_products=False)

    def __post_init__(self) -> None:
        require_count("width", self.width, 1, 8192, "Dauntless")
        require_count("depth", self.depth, 1, 16, "Dauntless")

    def keyed(self, key: Key, shape: Shape) -> Keyed:
        """Draw the layers, first to last."""
        channels, height, width = shape
        stream = key.stream(f"dauntless {self.depth} {self.width} on {channels}x{height}x{width}")
        widths = [channels * height * width, *[self.width] * self.depth]
        return KeyedDauntless(shape, uniform_layers(stream, widths, "relu"))


@final
class KeyedDauntless(Keyed):
    """A secret network on whole photos.

    Args:
        shape: Channels, height and width of the photos.
        layers: The layers as drawn.
    """

    def __init__(self, shape: Shape, layers: Sequence[Layer]) -> None:
        super().__init__(shape)
        self._digest = rounded_digest(secrets_of(layers))
        self._layers = [layer.single() for layer in layers]
        self._width = len(layers[-1].bias)

    @property
    def out_shape(self) -> Shape:
        """One position."""
        return (self._width, 1, 1)

    def disguise(self, images: Tensor, nonces: list[bytes] | None) -> Tensor:
        """Run the network."""
        del nonces
        return in_parts(images, self._rows, self.out_shape, _PART)

    def digest(self) -> bytes:
        """SHA-256 over the numbers as drawn, rounded."""
        return self._digest

    def _rows(self, images: Tensor) -> Tensor:
        rows = (images.float().flatten(1) - _CENTRE) / _SCALE
        return through(self._layers, rows).view(len(images), *self.out_shape)
