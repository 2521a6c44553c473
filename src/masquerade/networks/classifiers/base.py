"""The contract of every network: raw values in, class scores out, normalisation inside."""

from abc import ABC, abstractmethod
from typing import ClassVar, Literal, final

from pydantic import BaseModel, ConfigDict
from torch import Tensor, nn

from masquerade.errors import UsageError
from masquerade.networks.classifiers.input_norm import InputNorm

Shape = tuple[int, int, int]
"""Channels, height and width of one image or feature map."""


class NetworkOptions(BaseModel):
    """What can be chosen about a network; each network extends it by its own options.

    Args:
        input_norm: Whether the training data's mean and deviation are taken for each ``channel``, or for
            each ``position`` of each channel.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    input_norm: Literal["channel", "position"] = "channel"


class Network(nn.Module, ABC):
    """A classifier over images of one shape.

    Subclasses are final, declare ``name``, ``summary`` and ``options_type``, are made from
    ``(shape, classes, options)``, and write ``features``, ``head`` and ``embedding_size``.

    Args:
        shape: Channels, height and width of the images it takes.
        classes: Number of classes, 2 or more.
        options: Its options, already validated.
    """

    name: ClassVar[str]
    summary: ClassVar[str]
    options_type: ClassVar[type[NetworkOptions]]
    head: nn.Module
    """Features ``(n, e)`` to class scores ``(n, classes)``: linear, with no more than dropout before it."""
    embedding_size: int
    """Numbers ``e`` of a recognition vector."""

    def __init__(self, shape: Shape, classes: int, options: NetworkOptions) -> None:
        super().__init__()
        self.shape = shape
        self.classes = classes
        self.options = options
        self.norm = InputNorm(shape, per_position=options.input_norm == "position")

    @final  # type: ignore[misc]  # torch declares forward as an attribute
    def forward(self, images: Tensor) -> Tensor:
        """Class scores (logits) ``(n, classes)`` of raw images ``(n, c, h, w)``, uint8 or floating.

        Raises:
            UsageError: If the images have another shape than the network was built for.
        """
        return self.scores(self._normalised(images))

    @final
    def embed(self, images: Tensor) -> Tensor:
        """Recognition vectors of raw images: what the classifier sees, of use for people it does not know.

        Args:
            images: ``(n, c, h, w)``, uint8 or floating.

        Returns:
            float32 ``(n, e)``, compared by their cosine.

        Raises:
            UsageError: If the images have another shape than the network was built for.
        """
        return self.features(self._normalised(images)).float()

    @abstractmethod
    def features(self, images: Tensor) -> Tensor:
        """Numbers ``(n, e)`` that the head tells classes by, of normalised float32 images ``(n, c, h, w)``."""

    @final
    def scores(self, images: Tensor) -> Tensor:
        """Class scores ``(n, classes)`` of normalised float32 images ``(n, c, h, w)``."""
        out: Tensor = self.head(self.features(images))
        return out

    @final
    def count_parameters(self) -> int:
        """Numbers that training changes."""
        return sum(p.numel() for p in self.parameters())

    @final
    def _normalised(self, images: Tensor) -> Tensor:
        if tuple(images.shape[1:]) != self.shape:
            raise UsageError(
                "images of another shape than the network was built for",
                value=f"{tuple(images.shape[1:])}, expected {self.shape}",
                remedy="Use the recipe that the model was trained with, or train another model.",
            )
        out: Tensor = self.norm(images)
        return out
