"""Changes to training photos that keep who is on them: mirroring, turning, cropping, colours."""

from math import pi
from typing import Annotated, final

import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Generator, Tensor
from torch.nn import functional

from masquerade.training.views import ViewSettings

_MILD = ViewSettings(
    smallest_crop=0.8,
    aspect=1.1,
    jitter=1,
    brightness=0.2,
    contrast=0.2,
    saturation=0.2,
    hue=0.02,
    grey=0,
    blur=0,
)


@final
class PhotoChanges(BaseModel):
    """How a photo may be changed before a training step.

    Args:
        view: Crop, mirroring and colours.
        turn: Largest turn about the middle, in degrees.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    view: ViewSettings = _MILD
    turn: Annotated[float, Field(ge=0, le=45)] = 10.0

    def of(self, photos: Tensor, random: Generator) -> Tensor:
        """Changed photos.

        Args:
            photos: ``(n, 3, h, w)``, uint8 or floating, values 0 to 255.
            random: Where chance comes from; on the processor.

        Returns:
            float32 ``(n, 3, h, w)``, values 0 to 255.
        """
        images = self.view.of(photos, random)
        if not self.turn:
            return images
        angle = (2 * torch.rand(len(images), generator=random) - 1) * self.turn * pi / 180
        sine, cosine, still = angle.sin(), angle.cos(), torch.zeros(len(images))
        window = torch.stack([cosine, -sine, still, sine, cosine, still], 1).view(-1, 2, 3)
        grid = functional.affine_grid(window.to(images.device), list(images.shape), align_corners=False)
        return functional.grid_sample(images, grid, padding_mode="border", align_corners=False)


PUBLISHED_CHANGES = PhotoChanges(
    view=ViewSettings(
        smallest_crop=1,
        aspect=1,
        jitter=1,
        brightness=0.2,
        contrast=0.2,
        saturation=0.2,
        hue=0.2,
        grey=0,
        blur=0,
    )
)
"""Of HyperObf's published code: mirrored half the time, colours by 0.2 each, turned by up to 10 degrees."""
