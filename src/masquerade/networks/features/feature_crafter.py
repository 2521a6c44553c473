"""The amortised crafter: a photo's features to crafted ones, in one pass; this project's own."""

from typing import Final, final

import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor, nn

from masquerade.errors import UsageError

_SLOPE: Final = 0.2
Shape = tuple[int, int, int]


@final
class FeatureCrafterOptions(BaseModel):
    """Sizes of an amortised crafter.

    Args:
        features: Channels, height and width of the features.
        width: Maps of its layers.
        blocks: Residual blocks.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    features: Shape
    width: int = Field(64, ge=1, le=1024)
    blocks: int = Field(4, ge=1, le=64)


@final
class FeatureCrafter(nn.Module):
    """Mixes features with those of a face of the prior, and adds what residual 3x3 convolutions of them and beta give.

    No layer looks at other photos. The face's share is ``1 / (1 + beta * e**-level)`` and the last layer zero to begin
    with: a mixture of so much is the best one where both losses are squares.

    Args:
        options: Its sizes.
    """

    def __init__(self, options: FeatureCrafterOptions) -> None:
        super().__init__()
        self.options = options
        channels = options.features[0]
        self.enter = nn.Conv2d(2 * channels + 1, options.width, 3, padding=1)
        self.blocks = nn.Sequential(*(_Block(options.width) for _ in range(options.blocks)))
        self.leave = nn.Conv2d(options.width, channels, 3, padding=1)
        nn.init.zeros_(self.leave.weight)
        nn.init.zeros_(self.leave.bias)  # type: ignore[arg-type]
        self.level = nn.Parameter(torch.zeros(()))

    def forward(self, features: Tensor, faces: Tensor, beta: Tensor) -> Tensor:
        """Crafted features, shaped as those given.

        Args:
            features: ``(n, c, h, w)``.
            faces: Features of the face of the prior that each photo is drawn to, ``(n, c, h, w)``.
            beta: Weight of utility against privacy for each photo, ``(n,)``, above 0.

        Raises:
            UsageError: If either have another shape.
        """
        for given in (features, faces):
            if tuple(given.shape[1:]) != self.options.features:
                raise UsageError(
                    "features of another shape than the amortised crafter takes",
                    value=f"{tuple(given.shape[1:])}, expected {self.options.features}",
                    remedy="Train an amortised crafter for this encoder.",
                )
        share = torch.sigmoid(self.level - beta.log()).to(features).view(-1, 1, 1, 1)
        asked = beta.log().to(features).view(-1, 1, 1, 1).expand(-1, 1, *features.shape[2:])
        change: Tensor = self.leave(self.blocks(self.enter(torch.cat([features, faces, asked], dim=1))))
        return features + share * (faces - features) + change


@final
class _Block(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.LeakyReLU(_SLOPE),
            nn.Conv2d(width, width, 3, padding=1),
            nn.LeakyReLU(_SLOPE),
            nn.Conv2d(width, width, 3, padding=1),
        )

    def forward(self, maps: Tensor) -> Tensor:
        changed: Tensor = maps + self.layers(maps)
        return changed
