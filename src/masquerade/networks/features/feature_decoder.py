"""The decoder of the black-box attack: features in, images out (Crafter, appendix on networks)."""

from typing import Final, Literal, final

from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor, nn

from masquerade.errors import UsageError
from masquerade.networks.features.upsampling import doublings, grow

_START: Final = 4
_SLOPE: Final = 0.2


@final
class FeatureDecoderOptions(BaseModel):
    """Sizes of a decoder.

    Args:
        features: Channels, height and width of the features.
        side: Height and width of the images, 4 doubled once or more.
        width: Maps of the last hidden layer; each layer before has twice as many. 64 in the paper.
        entry: How features become 4x4 maps: by one ``dense`` layer, as published (134 million numbers at
            64x16x16), or by strided ``convolution``.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    features: tuple[int, int, int]
    side: int = Field(64, ge=8, le=512)
    width: int = Field(64, ge=1, le=512)
    entry: Literal["dense", "convolution"] = "dense"


@final
class FeatureDecoder(nn.Module):
    """Features to images of 0 to 1.

    Args:
        options: Its sizes.

    Raises:
        UsageError: If a side is not 4 doubled.
    """

    def __init__(self, options: FeatureDecoderOptions) -> None:
        super().__init__()
        self.options = options
        layers = doublings(_START, options.side)
        first = options.width * 2 ** (layers - 1)
        self.enter = _dense(options, first) if options.entry == "dense" else _strided(options, first)
        self.grow = grow(first, layers)

    def forward(self, features: Tensor) -> Tensor:
        """Images ``(n, 3, side, side)`` of features ``(n, c, h, w)``.

        Raises:
            UsageError: If the features have another shape.
        """
        if tuple(features.shape[1:]) != self.options.features:
            raise UsageError(
                "features of another shape than the decoder takes",
                value=f"{tuple(features.shape[1:])}, expected {self.options.features}",
                remedy="Train a decoder for this encoder.",
            )
        images: Tensor = self.grow(self.enter(features))
        return images


def _dense(options: FeatureDecoderOptions, first: int) -> nn.Module:
    c, h, w = options.features
    numbers = first * _START**2
    return nn.Sequential(
        nn.Flatten(),
        nn.Linear(c * h * w, numbers, bias=False),
        nn.BatchNorm1d(numbers),
        nn.ReLU(),
        nn.Unflatten(1, (first, _START, _START)),
    )


def _strided(options: FeatureDecoderOptions, first: int) -> nn.Module:
    c, h, w = options.features
    if h < _START and w < _START:  # a code has no places to stride over
        return _dense(options, first)
    if h != w:
        raise UsageError("a decoder takes square features", value=f"{h}x{w}", remedy="Take entry dense.")
    modules: list[nn.Module] = [nn.Conv2d(c, first, 3, padding=1, bias=False), nn.BatchNorm2d(first)]
    for _ in range(doublings(_START, h) if h > _START else 0):
        modules += [
            nn.LeakyReLU(_SLOPE),
            nn.Conv2d(first, first, 4, 2, padding=1, bias=False),
            nn.BatchNorm2d(first),
        ]
    return nn.Sequential(*modules, nn.LeakyReLU(_SLOPE))
