"""dlib's face recogniser (King 2017) as a differentiable torch module: its weights read out of dlib's own file.

The file is a stream of layers, each a name and its numbers; whole numbers are a byte that says how many bytes follow
and whether they are negative, and those bytes, the lowest first. Tensors are their four sides and float32 numbers. What
is read here is the one file whose SHA-256 is known, so that names are looked for and what lies between is passed over.
"""

from collections.abc import Iterator
from typing import Final, final

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from masquerade.encoders.base import digest_of
from masquerade.encoders.dlib_recogniser import SHA256, chips, dlib_file
from masquerade.encoders.recogniser_base import Recogniser
from masquerade.errors import ModelError
from masquerade.files.opening import read_file

_MEANS: Final = (122.782, 117.001, 104.298)
"""Of red, green and blue, as dlib's layer of inputs has them."""
_BLOCKS: Final = (
    *((32, 1), (32, 1), (32, 1)),
    *((64, 2), (64, 1), (64, 1), (64, 1)),
    *((128, 2), (128, 1), (128, 1)),
    *((256, 2), (256, 1), (256, 1)),
    (256, 2),
)
"""Maps and stride of each block of two convolutions."""


@final
class DlibBlock(nn.Module):
    """Two convolutions beside a shortcut, which a stride of 2 averages; fewer maps or places are filled with zeros.

    Args:
        before: Maps that come in.
        after: Maps that go out.
        stride: 1 or 2.
    """

    def __init__(self, before: int, after: int, stride: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(before, after, 3, stride, 1 if stride == 1 else 0)
        self.second = nn.Conv2d(after, after, 3, 1, 1)
        self.stride = stride

    def forward(self, maps: Tensor) -> Tensor:
        """Maps ``(n, after, h, w)``."""
        short = functional.avg_pool2d(maps, 2) if self.stride == 2 else maps
        found = self.second(functional.relu(self.first(maps)))
        sides = [max(a, b) for a, b in zip(short.shape[1:], found.shape[1:], strict=True)]
        return functional.relu(_filled(short, sides) + _filled(found, sides))


@final
class DlibNetwork(nn.Module):
    """The network; photos ``(n, 3, 150, 150)``, 0 to 255, as dlib cuts them, to vectors ``(n, 128)``."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 32, 7, 2)
        before = (32, *(maps for maps, _ in _BLOCKS))
        self.blocks = nn.Sequential(
            *(DlibBlock(b, *block) for b, block in zip(before, _BLOCKS, strict=False))
        )
        self.last = nn.Linear(256, 128, bias=False)

    def forward(self, faces: Tensor) -> Tensor:
        """Vectors of any length."""
        centred = (faces - torch.tensor(_MEANS).view(3, 1, 1)) / 256
        maps = functional.max_pool2d(functional.relu(self.stem(centred)), 3, 2)
        out: Tensor = self.last(self.blocks(maps).mean((2, 3)))
        return out

    def convolutions(self) -> list[nn.Conv2d]:
        """In the order of the file."""
        return [each for each in self.modules() if isinstance(each, nn.Conv2d)]


_LARGEST: Final = 64 << 20


@final
class DlibTorchRecogniser(Recogniser):
    """dlib's network, differentiable; it needs the weights' package, and dlib itself not.

    Raises:
        StudyError: If the weights are not installed, or their file is not the one expected.
    """

    def __init__(self) -> None:
        super().__init__("dlib-torch", 112, 128, digest_of([type(self).__name__, SHA256], {}))
        self._network = dlib_network(read_file(dlib_file("cloak"), _LARGEST))

    def vectors(self, images: Tensor) -> Tensor:
        """Vectors ``(n, 128)``."""
        out: Tensor = self._network(chips(images))
        return out


def dlib_network(data: bytes) -> DlibNetwork:
    """The network out of the bytes of dlib's file, its affine layers folded into its convolutions.

    Raises:
        ModelError: If the layers are not those of the network.
    """
    with torch.device("meta"):
        network = DlibNetwork()
    network.to_empty(device="cpu")
    layers = [(_tensor(data, place), _tensor(data, end)) for place, end in _pairs(data)]
    places = network.convolutions()
    if len(layers) != len(places):
        raise ModelError("not the layers of dlib's recogniser", value=f"{len(layers)} convolutions")
    for place, (weights, scales) in zip(places, layers, strict=True):
        _fill(place, weights, scales)
    last = _tensor(data, data.index(b"\x01\x04fc_2") + 6)
    network.last.weight.data = _shaped(last, (256, 128)).T.contiguous()
    return network.eval().requires_grad_(False)


def _fill(place: nn.Conv2d, weights: Tensor, scales: Tensor) -> None:
    """Weights and biases of a convolution, times what its affine layer multiplies by, plus what that adds."""
    maps, many = place.out_channels, place.weight.numel()
    factors, added = _shaped(scales, (2, maps))
    own = _shaped(weights, (many + maps,))
    place.weight.data.copy_(own[:many].view(place.weight.shape) * factors[:, None, None, None])
    assert place.bias is not None  # noqa: S101 - all have one
    place.bias.data.copy_(own[many:] * factors + added)


def _shaped(numbers: Tensor, shape: tuple[int, ...]) -> Tensor:
    try:
        return numbers.view(shape)
    except RuntimeError as error:
        raise ModelError("a layer of dlib's recogniser of another size", value=numbers.numel()) from error


def _pairs(data: bytes) -> Iterator[tuple[int, int]]:
    """Where the numbers of each convolution begin, and those of the affine layer after it."""
    place = 0
    while (found := data.find(b"\x01\x05con_4", place)) >= 0:
        place = data.index(b"\x01\x07affine_", found)
        yield found + 7, place + 9


def _tensor(data: bytes, place: int) -> Tensor:
    """The next tensor behind a place: version 2, four sides, float32 numbers."""
    start = data.index(b"\x01\x02", place)
    sides, place = [], start + 2
    for _ in range(4):
        side, place = _whole(data, place)
        sides.append(side)
    return torch.from_numpy(np.frombuffer(data, "<f4", int(np.prod(sides)), place).copy())


def _whole(data: bytes, place: int) -> tuple[int, int]:
    """A whole number, and where it ends."""
    end = place + 1 + (data[place] & 0x0F)
    return int.from_bytes(data[place + 1 : end], "little"), end


def _filled(maps: Tensor, sides: list[int]) -> Tensor:
    margins = [side - now for side, now in zip(reversed(sides), reversed(maps.shape[1:]), strict=True)]
    return (
        functional.pad(maps, [each for margin in margins for each in (0, margin)]) if any(margins) else maps
    )
