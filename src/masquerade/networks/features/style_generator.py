"""Generators of faces by styles: a mapping network and modulated convolutions (Karras et al. 2020, StyleGAN2).

An attacker's second kind of generator (Crafter, section VI-C, attack A2). Left out: noise inputs, so that a latent has
one image; path regularisation and the mixing of styles, which are matters of training.
"""

from collections.abc import Sequence
from typing import Final, Literal, Self, final

import torch
from pydantic import ConfigDict, Field, model_validator
from torch import Tensor, nn
from torch.nn import functional

from masquerade.explained import Explained
from masquerade.networks.features.latents import require_latents
from masquerade.networks.features.upsampling import doublings

_SLOPE: Final = 0.2
_GAIN: Final = 2**0.5
_START: Final = 4
_SMALL: Final = 1e-8
_SLOWNESS: Final = 0.01
"""Learning rate of the mapping beside that of the rest."""


@final
class StyleGeneratorOptions(Explained):
    """Sizes of a generator by styles.

    Args:
        kind: Tells it from other generators in a file.
        latents: Numbers of a latent, standard normal; a style has as many.
        side: Height and width of the images, 4 doubled once or more.
        width: Maps at the full side; each smaller side has twice as many, up to ``most``.
        most: Most maps.
        mapping: Layers from latent to style; 8 in the paper.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    kind: Literal["style"] = "style"
    latents: int = Field(128, ge=1, le=8192)
    side: int = Field(64, ge=8, le=512)
    width: int = Field(32, ge=1, le=512)
    most: int = Field(512, ge=1, le=2048)
    mapping: int = Field(4, ge=1, le=16)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        doublings(_START, self.side)
        return self


@final
class StyleGenerator(nn.Module):
    """Latents to styles to images: maps from a learned constant, doubled; each side adds its part of the image.

    Args:
        options: Its sizes.
    """

    def __init__(self, options: StyleGeneratorOptions) -> None:
        super().__init__()
        self.options = options
        layers = doublings(_START, options.side)
        maps = [min(options.most, options.width * 2 ** (layers - i)) for i in range(layers + 1)]
        size = options.latents
        self.mapping = nn.Sequential(*(Mapping(size, size) for _ in range(options.mapping)))
        self.constant = nn.Parameter(torch.randn(1, maps[0], _START, _START))
        sizes = zip([maps[0], *maps], maps, strict=False)
        self.blocks = nn.ModuleList(StyleBlock(c, d, options.latents) for c, d in sizes)

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """Channels, height and width of an image."""
        return 3, self.options.side, self.options.side

    def forward(self, latents: Tensor) -> Tensor:
        """Images ``(n, 3, side, side)``, 0 to 1, of latents ``(n, latents)``.

        Raises:
            UsageError: If the latents have another length.
        """
        return self.image([self.styles(latents)] * len(self.blocks))

    def styles(self, latents: Tensor) -> Tensor:
        """The styles ``(n, latents)`` of latents, whose lengths play no part.

        Raises:
            UsageError: If the latents have another length.
        """
        require_latents(latents, self.options.latents)
        styles: Tensor = self.mapping(latents * (latents.square().mean(1, keepdim=True) + _SMALL).rsqrt())
        return styles

    def image(self, styles: Sequence[Tensor]) -> Tensor:
        """Images of styles, one ``(n, latents)`` for each block."""
        maps, image = self.blocks[0](self.constant.expand(len(styles[0]), -1, -1, -1), styles[0])
        for block, style in zip(self.blocks[1:], styles[1:], strict=True):
            maps, part = block(_doubled(maps), style)
            image = _doubled(image) + part
        return torch.sigmoid(image)


@final
class Mapping(nn.Module):
    """A layer from latents towards styles that keeps their variance, and learns slowly.

    With torch's own first weights four layers leave a thousandth of the variance, so that all latents have nearly one
    style; a generator that began so gave four faces.

    Args:
        c_in: Numbers that come in.
        c_out: Numbers that go out.
    """

    def __init__(self, c_in: int, c_out: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(c_out, c_in) / _SLOWNESS)
        self.bias = nn.Parameter(torch.zeros(c_out))
        self._scale = _SLOWNESS / c_in**0.5

    def forward(self, values: Tensor) -> Tensor:
        """``(n, c_out)`` of ``(n, c_in)``."""
        values = functional.linear(values, self.weight * self._scale, self.bias * _SLOWNESS)
        return functional.leaky_relu(values, _SLOPE) * _GAIN


@final
class StyleBlock(nn.Module):
    """Two modulated 3x3 convolutions at one side, and that side's part of the image.

    Args:
        c_in: Maps that come in.
        c_out: Maps that go out.
        styles: Numbers of a style.
    """

    def __init__(self, c_in: int, c_out: int, styles: int) -> None:
        super().__init__()
        self.first = Modulated(c_in, c_out, 3, styles)
        self.second = Modulated(c_out, c_out, 3, styles)
        self.colour = Modulated(c_out, 3, 1, styles, demodulated=False)

    def forward(self, maps: Tensor, styles: Tensor) -> tuple[Tensor, Tensor]:
        """Maps, and colours before the sigmoid."""
        maps = functional.leaky_relu(self.first(maps, styles), _SLOPE) * _GAIN
        maps = functional.leaky_relu(self.second(maps, styles), _SLOPE) * _GAIN
        return maps, self.colour(maps, styles)


@final
class Modulated(nn.Module):
    """A convolution whose weights a style scales by input map, and which keeps the maps' size if demodulated.

    The maps are scaled instead of the weights, which is the same and needs no weights for each photo. Weights are kept
    at deviation 1 and scaled where they are used, so that a step of Adam moves all by the same share (Karras et al.
    2018).

    Args:
        c_in: Maps that come in.
        c_out: Maps that go out.
        side: Of the kernel, odd.
        styles: Numbers of a style.
        demodulated: Whether the scaled weights of each output map are brought to length 1.
    """

    def __init__(self, c_in: int, c_out: int, side: int, styles: int, *, demodulated: bool = True) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(c_out, c_in, side, side))
        self.bias = nn.Parameter(torch.zeros(c_out, 1, 1))
        self.scales = nn.Parameter(torch.randn(c_in, styles))
        self.middles = nn.Parameter(torch.ones(c_in))
        self._scale, self._style_scale = (c_in * side**2) ** -0.5, styles**-0.5
        self._demodulated = demodulated

    def forward(self, maps: Tensor, styles: Tensor) -> Tensor:
        """Maps ``(n, c_out, h, w)`` of maps and styles ``(n, s)``."""
        scales = functional.linear(styles, self.scales * self._style_scale, self.middles)
        weight = self.weight * self._scale
        out = functional.conv2d(maps * scales[:, :, None, None], weight, padding=weight.shape[2] // 2)
        if self._demodulated:
            lengths = scales.square() @ weight.square().sum((2, 3)).T
            out = out * (lengths + _SMALL).rsqrt()[:, :, None, None]
        return out + self.bias


def _doubled(maps: Tensor) -> Tensor:
    return functional.interpolate(maps, scale_factor=2, mode="bilinear", align_corners=False)
