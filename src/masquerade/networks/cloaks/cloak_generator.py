"""The generator of the one-pass cloak: photos and a user's MaskNet in, perturbations out."""

from typing import Final, final

import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor, nn
from torch.nn import functional

from masquerade.errors import UsageError
from masquerade.networks.cloaks.masknet import MaskNet, MaskNetStructure
from masquerade.networks.cloaks.masknet_adjoint import adjoint, traced, unit_directions

_FOLD: Final = 2
"""Squares of so many pixels a side become channels: the network then works on a quarter of the places."""
_GAIN: Final = 0.3
"""Share of a gradient of root mean square 1 that each round adds before training."""
_STEEPEST: Final = 4.0
_LEAST: Final = 1e-20
_SLOPE: Final = 0.1


@final
class CloakGeneratorOptions(BaseModel):
    """What can be chosen about a generator.

    Args:
        rounds: How often it looks at the MaskNet; each round adds to the perturbation.
        width: Channels at half the photo's resolution; there are twice as many at a quarter.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    rounds: int = Field(6, ge=1, le=16)
    width: int = Field(16, ge=1, le=256)


@final
class CloakGenerator(nn.Module):
    """Perturbations in a fixed number of rounds, each a look at the MaskNet and a small refining network.

    A generator that is told a user's numbers only beside the photo, and is trained quickly, gives one saturated
    pattern for all photos and users. This one is shown which pixels move the features of the user's own MaskNet
    for this photo, so that what it gives depends on photo and key because what it sees does. The first round's
    gradient is in a direction of features that the user's numbers name, for at the photo itself the distance has
    no gradient; each later one points away from the photo's features, from where the rounds before brought it.

    Args:
        options: Its sizes.
    """

    def __init__(self, options: CloakGeneratorOptions) -> None:
        super().__init__()
        self.options = options
        self.rounds = nn.ModuleList(_Round(options.width) for _ in range(options.rounds))

    def forward(self, images: Tensor, masknet: MaskNet, direction: Tensor, bound: float) -> Tensor:
        """Perturbations of photos.

        Gradients flow to the generator's weights through what each round adds, not through what it looks at.

        Args:
            images: float32 ``(n, 3, size, size)``, values 0 to 255, of the size that the MaskNet looks at.
            masknet: The user's MaskNet.
            direction: Where the first round pushes the features, ``(features,)``.
            bound: Largest change of a pixel, in grey levels.

        Returns:
            float32 ``(n, 3, size, size)``, within the bound, not rounded; with it added photos may leave 0 to 255.

        Raises:
            UsageError: If the photos have another size than the MaskNet looks at.
        """
        require_foldable(masknet.structure)
        if tuple(images.shape[1:]) != (3, masknet.structure.size, masknet.structure.size):
            raise UsageError(
                "photos of another size than the MaskNet looks at",
                value=tuple(images.shape[1:]),
                remedy=f"Bring them to {masknet.structure.size} pixels a side.",
            )
        photo = _folded(images / 127.5 - 1)
        push, before = torch.zeros_like(photo), None
        for step in self.rounds:
            moved = push.detach().tanh()
            with torch.no_grad():
                reached = (images + bound * functional.pixel_shuffle(moved, _FOLD)).clamp(0, 255)
                slopes, before = _look(masknet, reached, before, direction)
            push = push + step(torch.cat([photo, moved, slopes], 1), slopes)
        return functional.pixel_shuffle(bound * push.tanh(), _FOLD)


def require_foldable(structure: MaskNetStructure) -> None:
    """Pass if the generator can work on photos of the size that the MaskNets look at.

    Raises:
        UsageError: If it is not a multiple of 4.
    """
    if structure.size % (2 * _FOLD):
        raise UsageError(
            "a size that the one-pass cloak cannot work at",
            value=structure.size,
            place=structure.name,
            remedy="Take MaskNets whose size is a multiple of 4.",
        )


def _look(
    masknet: MaskNet, images: Tensor, before: Tensor | None, direction: Tensor
) -> tuple[Tensor, Tensor]:
    """Which pixels move the features away, folded, and the untouched photos' features of length 1."""
    way = traced(masknet, images)
    unit = functional.normalize(way.features)
    wanted = direction.expand_as(unit) if before is None else (unit - before).sign()
    slopes = adjoint(masknet, way, unit_directions(way.features, wanted))
    return _folded(_even(slopes)), unit if before is None else before


def _even(slopes: Tensor) -> Tensor:
    """Gradients of root mean square 1 for each photo, the steepest cut off."""
    size = slopes.square().mean((1, 2, 3), keepdim=True).clamp(min=_LEAST).sqrt()
    return (slopes / size).clamp(-_STEEPEST, _STEEPEST)


def _folded(images: Tensor) -> Tensor:
    return functional.pixel_unshuffle(images, _FOLD).contiguous(memory_format=torch.channels_last)


@final
class _Round(nn.Module):
    """Photo, perturbation so far and gradient in, folded; out, what to add to the perturbation's argument of tanh."""

    def __init__(self, width: int) -> None:
        super().__init__()
        folded = 3 * _FOLD * _FOLD
        self.gain = nn.Parameter(torch.full((), _GAIN))
        self.enter = nn.Conv2d(3 * folded, width, 3, padding=1)
        self.down = nn.Conv2d(width, 2 * width, 3, stride=2, padding=1)
        self.inside = nn.Conv2d(2 * width, 2 * width, 3, padding=1)
        self.up = nn.Conv2d(2 * width, width, 1)
        self.leave = nn.Conv2d(width, folded, 3, padding=1, bias=False)
        nn.init.zeros_(self.leave.weight)

    def forward(self, seen: Tensor, slopes: Tensor) -> Tensor:
        fine = functional.leaky_relu(self.enter(seen), _SLOPE)
        coarse = functional.leaky_relu(self.down(fine), _SLOPE)
        coarse = functional.leaky_relu(coarse + self.inside(coarse), _SLOPE)
        wide = functional.interpolate(self.up(coarse), scale_factor=2.0, mode="nearest")
        residual: Tensor = self.leave(functional.leaky_relu(fine + wide, _SLOPE))
        return self.gain * slopes + residual
