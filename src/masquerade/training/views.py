"""Two views of each photo, for MoCo-v3: random crops, mirroring, colours, blur (Chen et al. 2021, appendix A).

In plain torch on whole batches, each image with random numbers of its own. All changes of colour but contrast
and solarisation are one 3x3 matrix for each image.
"""

from collections.abc import Sequence
from math import log, pi
from typing import Annotated, final

import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Generator, Tensor
from torch.nn import functional

Share = Annotated[float, Field(ge=0, le=1)]

_LUMA = (0.299, 0.587, 0.114)


@final
class ViewSettings(BaseModel):
    """How one view differs from its photo.

    Args:
        smallest_crop: Smallest share of the photo's area that a crop shows.
        aspect: Largest ratio of a crop's sides.
        flip: Share of the crops that are mirrored.
        jitter: Share of those whose colours change.
        brightness: Largest change of brightness, as a factor of 1 - this to 1 + this.
        contrast: Of contrast, likewise.
        saturation: Of saturation, likewise.
        hue: Largest turn of the hue, as a share of the circle.
        grey: Share of those without colour.
        blur: Share of those blurred.
        largest_blur: Largest deviation of the blur in pixels, from a tenth of a pixel on.
        solarise: Share of those whose bright half is inverted.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    smallest_crop: Annotated[float, Field(gt=0, le=1)] = 0.2
    aspect: Annotated[float, Field(ge=1, le=4)] = 4 / 3
    flip: Share = 0.5
    jitter: Share = 0.8
    brightness: Share = 0.4
    contrast: Share = 0.4
    saturation: Share = 0.2
    hue: Annotated[float, Field(ge=0, le=0.5)] = 0.1
    grey: Share = 0.2
    blur: Share = 1.0
    largest_blur: Annotated[float, Field(gt=0.1, le=2)] = 1.0
    solarise: Share = 0.0

    def of(self, photos: Tensor, random: Generator) -> Tensor:
        """A view of each photo.

        Args:
            photos: ``(n, 3, h, w)``, uint8 or floating, values 0 to 255.
            random: Where chance comes from; on the processor.

        Returns:
            float32 ``(n, 3, h, w)``, values 0 to 255.
        """
        images = _cropped(photos.float(), self, random)
        images = _coloured(images, self, random)
        images = _blurred(images, self, random)
        inverted = _chosen(self.solarise, len(images), random)[:, None, None, None] & (images >= 128)
        return torch.where(inverted, 255 - images, images)


def _chosen(share: float, n: int, random: Generator) -> Tensor:
    return torch.rand(n, generator=random) < share


def _between(low: float, high: float, n: int, random: Generator) -> Tensor:
    return low + (high - low) * torch.rand(n, generator=random)


def _cropped(images: Tensor, how: ViewSettings, random: Generator) -> Tensor:
    """Crops of random area, shape and place, brought to the photos' size; some mirrored."""
    n = len(images)
    area = _between(how.smallest_crop, 1, n, random)
    stretch = _between(-log(how.aspect), log(how.aspect), n, random).div(2).exp()
    width, height = ((area.sqrt() * by).clamp(max=1) for by in (stretch, 1 / stretch))
    right, down = (_between(-1, 1, n, random) * (1 - side) for side in (width, height))
    mirrored = 1 - 2 * _chosen(how.flip, n, random).float()
    zero = torch.zeros(n)
    window = torch.stack([width * mirrored, zero, right, zero, height, down], dim=1).view(n, 2, 3)
    grid = functional.affine_grid(window.to(images.device), list(images.shape), align_corners=False)
    return functional.grid_sample(images, grid, padding_mode="border", align_corners=False)


def _coloured(images: Tensor, how: ViewSettings, random: Generator) -> Tensor:
    n = len(images)
    jittered = _chosen(how.jitter, n, random)
    brightness, contrast, saturation = (
        torch.where(jittered, _between(1 - most, 1 + most, n, random), 1.0)
        for most in (how.brightness, how.contrast, how.saturation)
    )
    turn = torch.where(jittered, _between(-how.hue, how.hue, n, random), 0.0) * 2 * pi
    saturation = torch.where(_chosen(how.grey, n, random), 0.0, saturation)
    colours = (_colours(saturation, turn) * (brightness * contrast)[:, None, None]).to(images.device)
    luma = torch.tensor(_LUMA, device=images.device) @ images.mean((2, 3)).T
    middle = luma * (brightness * (1 - contrast)).to(images.device)
    changed = torch.baddbmm(middle[:, None, None], colours, images.flatten(2))
    return changed.view_as(images).clamp(0, 255)


def _colours(saturation: Tensor, turn: Tensor) -> Tensor:
    """Matrices ``(n, 3, 3)`` that keep the luma, and scale and turn what differs from grey.

    Hue is turned about the grey axis in the plane of the two colour differences, a linear stand-in for the
    turn in HSV of the paper.
    """
    to_yiq = _rows(_LUMA, (0.596, -0.274, -0.322), (0.211, -0.523, 0.312))
    sine, cosine = (part * saturation for part in (turn.sin(), turn.cos()))
    turned = torch.zeros(len(turn), 3, 3)
    turned[:, 0, 0] = 1
    turned[:, 1, 1] = turned[:, 2, 2] = cosine
    turned[:, 1, 2], turned[:, 2, 1] = -sine, sine
    return to_yiq.inverse() @ turned @ to_yiq


def _rows(*rows: Sequence[float]) -> Tensor:
    return torch.tensor(rows)


def _blurred(images: Tensor, how: ViewSettings, random: Generator) -> Tensor:
    """Some of the images, each blurred by a Gaussian of its own, cut off at the edges."""
    chosen = _chosen(how.blur, len(images), random)
    spread = _between(0.1, how.largest_blur, len(images), random)[chosen].to(images.device)
    result = images.clone()
    # As products with matrices, since each image has a kernel of its own.
    down, along = (_blur_matrices(side, spread)[:, None] for side in images.shape[2:])
    result[chosen] = down @ images[chosen] @ along.transpose(2, 3)
    return result


def _blur_matrices(side: int, spread: Tensor) -> Tensor:
    """``(n, side, side)``: what each pixel of a blurred line takes from the line."""
    places = torch.arange(side, device=spread.device)
    apart = (places[:, None] - places).square()
    return torch.softmax(-apart / (2 * spread.square())[:, None, None], dim=2)
