"""The contract of every split network: its first stages on the edge, the rest in the cloud.

The first stages are the encoder that Crafter protects the features of (Crafter, section VI-A).
"""

from abc import ABC
from math import prod
from typing import ClassVar, Final, Literal, final

import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor, nn

from masquerade.errors import UsageError
from masquerade.networks.features.channel_pruner import ChannelPruner, PrunerOptions
from masquerade.networks.features.task_code import CodeOptions, TaskCode, reader

Shape = tuple[int, int, int]
_MEAN: Final = (0.485, 0.456, 0.406)
_DEVIATION: Final = (0.229, 0.224, 0.225)


@final
class SplitOptions(BaseModel):
    """Sizes of a split network.

    Args:
        architecture: ``resnet18``, cut after its first stage, or ``vgg16``, cut after its second.
        side: Height and width of the photos, a multiple of 4; 64 gives features of 16x16.
        width: Maps of the first stage; 64 is full size, features then have 64 (ResNet) or 128 (VGG) maps.
        attributes: Numbers that are told from the features, 40 for CelebA.
        dropout: Share of the pooled numbers dropped in training.
        pruner: What gates the features' channels on the edge, as in Disco; None for nothing.
        code: How the edge compresses the task's answers to a few numbers, which are then its features; None for not.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    architecture: Literal["resnet18", "vgg16"] = "resnet18"
    side: int = Field(64, ge=8, le=512, multiple_of=4)
    width: int = Field(64, ge=1, le=512)
    attributes: int = Field(40, ge=1, le=10_000)
    dropout: float = Field(0.0, ge=0, lt=1)
    pruner: PrunerOptions | None = None
    code: CodeOptions | None = None


class SplitNetwork(nn.Module, ABC):
    """Photos to features, features to logits of attributes.

    Subclasses are final, declare ``architecture`` and hand over both halves, which they are made of.

    Args:
        options: Sizes.
        enc: The edge's half: standardised photos to features.
        f: The cloud's half: features to logits ``(n, attributes)``.
        feature_shape: Channels, height and width of the features.
    """

    architecture: ClassVar[str]
    mean: Tensor
    deviation: Tensor

    def __init__(self, options: SplitOptions, enc: nn.Module, f: nn.Module, feature_shape: Shape) -> None:
        super().__init__()
        if options.architecture != self.architecture:
            raise UsageError(
                "options of another architecture",
                value=options.architecture,
                place=self.architecture,
                remedy="Build split networks by `build_split`.",
            )
        self.options = options
        self.feature_shape = feature_shape
        self.register_buffer("mean", torch.tensor(_MEAN).view(3, 1, 1))
        self.register_buffer("deviation", torch.tensor(_DEVIATION).view(3, 1, 1))
        self.enc = enc
        self.pruner = ChannelPruner(feature_shape[0], options.pruner) if options.pruner else None
        self.code = None
        self.f = f
        if options.code:
            self.code = TaskCode(f, prod(feature_shape), options.attributes, options.code)
            self.f = reader(options.code.numbers, options.attributes)
            self.feature_shape = (options.code.numbers, 1, 1)

    @final  # type: ignore[misc]  # torch declares forward as an attribute
    def forward(self, images: Tensor) -> Tensor:
        """Logits ``(n, attributes)`` of images ``(n, 3, side, side)``, 0 to 1.

        Raises:
            UsageError: If the images have another shape.
        """
        return self.classify(self.encode(images))

    @final
    def encode(self, images: Tensor) -> Tensor:
        """Features ``(n, *feature_shape)`` of images ``(n, 3, side, side)``, 0 to 1, standardised inside.

        Raises:
            UsageError: If the images have another shape.
        """
        side = self.options.side
        if tuple(images.shape[1:]) != (3, side, side):
            raise UsageError(
                "images of another shape than the encoder takes",
                value=f"{tuple(images.shape[1:])}, expected (3, {side}, {side})",
                remedy="Resize the photos, or take another encoder.",
            )
        features: Tensor = self.enc((images - self.mean) / self.deviation)
        features = features if self.pruner is None else self.pruner(features)
        return features if self.code is None else self.code(features)

    @final
    def classify(self, features: Tensor) -> Tensor:
        """Logits ``(n, attributes)`` of features ``(n, *feature_shape)``, crafted or not.

        Raises:
            UsageError: If the features have another shape.
        """
        if tuple(features.shape[1:]) != self.feature_shape:
            raise UsageError(
                "features of another shape than the network's",
                value=f"{tuple(features.shape[1:])}, expected {self.feature_shape}",
                remedy="Use the network that the encoder belongs to.",
            )
        logits: Tensor = self.f(features)
        return logits
