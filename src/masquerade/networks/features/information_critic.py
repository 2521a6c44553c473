"""What TIPRDC estimates mutual information with: photo, features and person in, a score out (Li et al. 2020)."""

from typing import final

import torch
from torch import Tensor, nn
from torch.nn import functional

from masquerade.errors import UsageError


@final
class InformationCritic(nn.Module):
    """High for a photo beside its own features, low for another's; the person is given with either.

    Args:
        channels: Of the features.
        width: Maps of its layers.
        people: How many there are.
    """

    def __init__(self, channels: int, width: int, people: int) -> None:
        super().__init__()
        self.photo = nn.Sequential(
            nn.Conv2d(3, width, 4, 2, 1), nn.ReLU(), nn.Conv2d(width, width, 4, 2, 1), nn.ReLU()
        )
        self.person = nn.Embedding(people, width)
        self.both = nn.Sequential(
            nn.Conv2d(2 * width + channels, 2 * width, 1),
            nn.ReLU(),
            nn.Conv2d(2 * width, 2 * width, 3, 2, 1),
            nn.ReLU(),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            nn.Linear(2 * width, 1),
        )

    def forward(self, images: Tensor, features: Tensor, people: Tensor) -> Tensor:
        """Scores ``(n,)``.

        Args:
            images: ``(n, 3, side, side)``, 0 to 1.
            features: ``(n, c, side/4, side/4)``.
            people: int64 ``(n,)``.

        Raises:
            UsageError: If the features are not a quarter as high and wide as the images.
        """
        seen = self.photo(images)
        if seen.shape[2:] != features.shape[2:]:
            raise UsageError(
                "features of another size than the critic compares with photos",
                value=f"{tuple(features.shape[2:])}, expected {tuple(seen.shape[2:])}",
                remedy="Take a split network, whose features are a quarter as high and wide as photos.",
            )
        named = self.person(people)[:, :, None, None].expand(-1, -1, *seen.shape[2:])
        scores: Tensor = self.both(torch.cat([seen, features, named], 1)).flatten()
        return scores


def information_bound(own: Tensor, others: Tensor) -> Tensor:
    """The Jensen-Shannon bound of the mutual information, from scores of right and of wrong pairs; at most 0."""
    return -functional.softplus(-own).mean() - functional.softplus(others).mean()
