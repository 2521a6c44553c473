"""NeuraCrypt: a secret random convolutional network, patches shuffled for each photo (Yala et al. 2021)."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import pi
from typing import Final, final

import numpy as np
import torch
from torch import Tensor

from masquerade.blocks import BlockGrid
from masquerade.disguises.base import Disguise, Keyed, Shape
from masquerade.disguises.block_size import grid_of
from masquerade.disguises.checks import require_count
from masquerade.disguises.random_network import Layer, secrets_of, through, uniform_layer
from masquerade.disguises.token_rows import in_parts, maps_of, patches_of
from masquerade.keys import Key, KeyStream, rounded_digest
from masquerade.traits import Traits

CALIBRATION_IMAGES: Final = 64
_CENTRE, _SCALE = 127.5, 64.0
_PART: Final = 16


@final
@dataclass(frozen=True)
class NeuraCrypt(Disguise):
    """Patches through a secret random network, a secret row added at each place, and the order shuffled.

    A convolution of ``patch x patch`` with that stride, ReLU; ``depth`` times a 1x1 convolution, normalisation
    and ReLU; a random position embedding N(0, 1), ReLU and a linear map. Where it departs from the published
    code: that normalises by the mean and deviation of the batch, so that a photo's code depends on the photos
    beside it and on the batch's size; here both are measured once, on public plane waves of all directions,
    and kept. The shuffle follows from key and photo: the same photo always has the same order.

    Original data with its codes breaks it: Carlini et al. (2021) re-identified all photos.

    Args:
        depth: Number of 1x1 convolutions; the paper counts all layers and calls 4 "depth 7".
        width: Numbers of a token; the published code has 2048.
        patch: Side of the patches in pixels.

    Raises:
        UsageError: If a parameter is out of its range.
    """

    depth: int = 4
    width: int = 2048
    patch: int = 16

    keyed_by_secret = True
    per_image = True
    restorable = False
    traits = Traits(deterministic=True, linear=False, same_map=False, keeps_inner_products=False)

    def __post_init__(self) -> None:
        require_count("depth", self.depth, 0, 16, "NeuraCrypt")
        require_count("width", self.width, 1, 4096, "NeuraCrypt")
        require_count("patch", self.patch, 1, 256, "NeuraCrypt")

    def keyed(self, key: Key, shape: Shape) -> Keyed:
        """Draw weights and biases layer by layer, then positions; the order of patches is another use."""
        grid = grid_of(self.patch, shape)
        place = f"on {'x'.join(map(str, shape))}"
        stream = key.stream(f"neuracrypt {self.depth} {self.width} {self.patch} {place}")
        first = uniform_layer(stream, grid.numbers, self.width, "relu")
        hidden = [uniform_layer(stream, self.width, self.width, "relu") for _ in range(self.depth)]
        positions = torch.from_numpy(stream.normal(grid.count * self.width).reshape(grid.count, self.width))
        last = uniform_layer(stream, self.width, self.width, "none")
        orders = key.stream(f"neuracrypt shuffle {place}")
        return KeyedNeuraCrypt(grid, [first, *hidden], positions, last, orders)


@final
class KeyedNeuraCrypt(Keyed):
    """A secret network and a source of orders.

    Args:
        grid: The photos' patches.
        body: The layers before positions are added, as drawn.
        positions: A row for each place, float64 ``(t, width)``.
        last: The layer after that.
        orders: Where the shuffles come from.
    """

    def __init__(
        self, grid: BlockGrid, body: Sequence[Layer], positions: Tensor, last: Layer, orders: KeyStream
    ) -> None:
        super().__init__((grid.channels, grid.height, grid.width))
        self._grid = grid
        self._orders = orders
        self._digest = rounded_digest([*secrets_of(body), positions.numpy(), *last.secrets])
        self._width = positions.shape[1]
        calibrated = _calibrated(body[:1], body[1:], _standard(patches_of(plane_waves(self.shape), grid)))
        self._body = [layer.single() for layer in (*body[:1], *calibrated)]
        self._positions, self._last = positions.float(), last.single()

    @property
    def out_shape(self) -> Shape:
        """A token for each patch."""
        return (self._width, self._grid.rows, self._grid.columns)

    @property
    def needs_nonces(self) -> bool:
        """Every photo has an order of its own."""
        return True

    def disguise(self, images: Tensor, nonces: list[bytes] | None) -> Tensor:
        """Encode all patches, then shuffle those of each photo."""
        codes = in_parts(images, self._encoded, (self._grid.count, self._width), _PART)
        fields = self._orders.fields(nonces or [], self._grid.count)
        orders = torch.from_numpy(np.argsort(fields, axis=1, kind="stable"))
        shuffled = codes.gather(1, orders[:, :, None].expand(codes.shape))
        return maps_of(shuffled, self._grid.rows, self._grid.columns).contiguous()

    def digest(self) -> bytes:
        """SHA-256 over the numbers as drawn, rounded."""
        return self._digest

    def _encoded(self, images: Tensor) -> Tensor:
        codes = through(self._body, _standard(patches_of(images.float(), self._grid)))
        return self._last((codes + self._positions).relu())


def plane_waves(shape: Shape) -> Tensor:
    """Public images that stand in for a batch: waves of all directions, from flat to fine, float64, 0 to 255."""
    channels, height, width = shape
    i = torch.arange(CALIBRATION_IMAGES, dtype=torch.float64)[:, None, None, None]
    y = torch.arange(height, dtype=torch.float64)[:, None] / height
    x = torch.arange(width, dtype=torch.float64) / width
    colour = torch.arange(channels, dtype=torch.float64)[:, None, None]
    direction = pi * _spread(i, 2**0.5)
    frequency = height / 4 * _spread(i, 3**0.5) ** 3
    phase = frequency * (y * direction.sin() + x * direction.cos()) + _spread(i, 5**0.5) + 0.1 * colour
    level = 64 + 128 * _spread(i + CALIBRATION_IMAGES * colour, 7**0.5)
    return level + 64 * _spread(i, 11**0.5) * (2 * pi * phase).cos()


def _spread(numbers: Tensor, step: float) -> Tensor:
    """Multiples of an irrational step, modulo 1: they fill 0 to 1 evenly."""
    return (numbers + 1) * step % 1.0


def _standard(patches: Tensor) -> Tensor:
    return (patches - _CENTRE) / _SCALE


def _calibrated(before: Sequence[Layer], layers: Sequence[Layer], tokens: Tensor) -> list[Layer]:
    """The layers, each with mean 0 and deviation 1 before its activation on the calibration tokens."""
    tokens = through(before, tokens)
    done: list[Layer] = []
    for layer in layers:
        deviation, mean = torch.std_mean(tokens @ layer.weight + layer.bias, (0, 1), correction=0)
        scale = 1 / deviation.clamp(min=1e-6)
        done.append(Layer(layer.weight * scale, (layer.bias - mean) * scale, layer.activation))
        tokens = done[-1](tokens)
    return done
