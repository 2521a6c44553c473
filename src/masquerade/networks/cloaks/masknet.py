"""The MaskNet: a small feature extractor, another one for each user, that cloaks are optimised against.

Source: HyperObf (the thesis), chapter 4 and its code; structures 1 to 3.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, final

import torch
from torch import Tensor, nn
from torch.nn import functional

from masquerade.errors import UsageError

SLOPE: Final = 0.01
"""Of the leaky ReLU, the same in training and in use; the published code deploys a plain ReLU instead."""
_POOL: Final = 4
_LARGEST: Final = 1024
_KNOWN: Final = {
    "masknet-1": ((16, 32), 256),
    "masknet-2": ((16, 32), 128),
    "masknet-3": ((32, 32), 256),
}
STRUCTURES: Final = tuple(_KNOWN)
"""Names of the structures."""


@final
@dataclass(frozen=True)
class MaskNetStructure:
    """Sizes of a MaskNet, which has no biases.

    Args:
        name: One of ``STRUCTURES``.
        channels: Channels of the two convolutions.
        features: Numbers that come out.
        size: Height and width of the images that it looks at, 16 to 1,024.
    """

    name: str
    channels: tuple[int, int]
    features: int
    size: int

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Shapes of the weights by their names."""
        first, second = self.channels
        side = self.size // _POOL // _POOL
        return {
            "conv1": (first, 3, 3, 3),
            "conv2": (second, first, 3, 3),
            "fc": (self.features, second * side * side),
        }


def structure(name: str, size: int = 112) -> MaskNetStructure:
    """A structure by its name.

    Args:
        name: One of ``STRUCTURES``.
        size: Height and width of the images that it looks at, 16 to 1,024.

    Raises:
        UsageError: If there is no such structure, or the size is out of range.
    """
    if name not in _KNOWN:
        raise UsageError(
            "no such MaskNet structure", value=name[:100], remedy=f"Name one of {', '.join(STRUCTURES)}."
        )
    if not _POOL * _POOL <= size <= _LARGEST:
        raise UsageError(
            "a MaskNet cannot look at images of this size",
            value=size,
            remedy=f"Take {_POOL * _POOL} to {_LARGEST} pixels.",
        )
    channels, features = _KNOWN[name]
    return MaskNetStructure(name, channels, features, size)


@final
class MaskNet(nn.Module):
    """One MaskNet, frozen: convolution, pooling, convolution, pooling, a full layer; leaky ReLU after each.

    Whoever has a user's MaskNet can repeat that user's cloak: its text shows no weight.

    Args:
        structure: Its sizes.
        weights: float32 weights of the structure's names and shapes; they are not copied.

    Raises:
        UsageError: If the weights are not those of the structure.
    """

    conv1: Tensor
    conv2: Tensor
    fc: Tensor

    def __init__(self, structure: MaskNetStructure, weights: Mapping[str, Tensor]) -> None:
        super().__init__()
        self.structure = structure
        _require(structure, weights)
        for name in structure.shapes():
            self.register_buffer(name, weights[name].detach())

    @property
    def weights(self) -> dict[str, Tensor]:
        """The weights by name, not copied."""
        return {"conv1": self.conv1, "conv2": self.conv2, "fc": self.fc}

    def forward(self, images: Tensor) -> Tensor:
        """Features of images, differentiable in the images.

        Args:
            images: ``(n, 3, h, w)``, uint8 or floating, values 0 to 255, of any size: brought to the
                structure's own, bilinear with antialiasing.

        Returns:
            ``(n, features)``: what a shared classifier looks at.

        Raises:
            UsageError: If the images do not have three channels.
        """
        maps = _scaled(fitted(images, self.structure.size))
        for kernel in (self.conv1, self.conv2):
            maps = _pooled(functional.conv2d(maps, kernel, padding=1))
        return functional.leaky_relu(functional.linear(maps.flatten(1), self.fc), SLOPE)

    def extra_repr(self) -> str:
        """The structure, and no number of the weights."""
        return f"{self.structure.name}, size={self.structure.size}"


def stacked_features(structure: MaskNetStructure, weights: Mapping[str, Tensor], images: Tensor) -> Tensor:
    """Features of the same images by many MaskNets at once; for training, differentiable in both.

    Args:
        structure: Sizes of each MaskNet.
        weights: ``(b, *shape)`` for each name.
        images: ``(n, 3, size, size)``, uint8 or floating, values 0 to 255.

    Returns:
        ``(b, n, features)``.

    Raises:
        UsageError: If the weights or the images have another shape.
    """
    _require(structure, weights, stacked=True)
    if tuple(images.shape[1:]) != (3, structure.size, structure.size):
        raise UsageError(
            "images of another shape than the MaskNets look at",
            value=tuple(images.shape[1:]),
            remedy=f"Bring them to 3 x {structure.size} x {structure.size}.",
        )
    # Channels side by side in memory, and one convolution a MaskNet: twice as fast as groups.
    scaled = _scaled(images).contiguous(memory_format=torch.channels_last)
    first = _pooled(functional.conv2d(scaled, weights["conv1"].flatten(0, 1), padding=1))
    flat = [
        _pooled(functional.conv2d(maps.contiguous(memory_format=torch.channels_last), kernel, padding=1))
        for maps, kernel in zip(first.chunk(len(weights["fc"]), 1), weights["conv2"], strict=True)
    ]
    features = torch.stack([maps.flatten(1) for maps in flat]) @ weights["fc"].transpose(1, 2)
    return functional.leaky_relu(features, SLOPE)


def fitted(images: Tensor, size: int) -> Tensor:
    """Images ``(n, 3, size, size)``, floating, out of such of any size ``(n, 3, h, w)``; values 0 to 255.

    Raises:
        UsageError: If the images do not have three channels.
    """
    if images.ndim != 4 or images.shape[1] != 3:
        raise UsageError(
            "a MaskNet takes colour images",
            value=tuple(images.shape),
            remedy="Give images of shape (n, 3, h, w).",
        )
    images = images if images.is_floating_point() else images.float()
    if tuple(images.shape[2:]) == (size, size):
        return images
    return functional.interpolate(images, (size, size), mode="bilinear", antialias=True)


def _scaled(images: Tensor) -> Tensor:
    """Values -1 to 1: without biases, the published 0 to 1 leaves brightness as nearly all that is seen."""
    return images.to(torch.float32) / 127.5 - 1


def _pooled(maps: Tensor) -> Tensor:
    """Pooling goes before the leaky ReLU, which keeps the order of numbers: the same result, a 16th of the work."""
    return functional.leaky_relu(functional.max_pool2d(maps, _POOL), SLOPE)


def _require(structure: MaskNetStructure, weights: Mapping[str, Tensor], *, stacked: bool = False) -> None:
    found = {name: tuple(tensor.shape[stacked:]) for name, tensor in weights.items()}
    floats = all(tensor.dtype == torch.float32 for tensor in weights.values())
    counts = {len(tensor) for tensor in weights.values()} if stacked else {1}
    if found != structure.shapes() or not floats or len(counts) != 1:
        raise UsageError(
            "weights of another MaskNet than the structure describes",
            value=found,
            place=structure.name,
            remedy=f"Give float32 weights of shapes {structure.shapes()}.",
        )
