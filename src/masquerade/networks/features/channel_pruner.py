"""Disco's pruner: features in, the same features with most channels gated down out (Singh et al. 2021)."""

from typing import Final, Literal, final

import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor, nn

from masquerade.networks.features.feature_classifier import FeatureClassifier

STEEPNESS: Final = 30.0
"""What a score's distance from the threshold is multiplied by."""


@final
class PrunerOptions(BaseModel):
    """How channels are pruned.

    Args:
        ratio: Share of the channels to prune; 0.99 in the published code.
        threshold: Where the gate is one half. ``published``: at score number ``int(ratio * channels)`` of all in
            ascending order, counted from 0. That channel, which is to be kept, is halved, and with a ratio of 0.99
            and 100 channels or fewer it has the largest score of all: no channel passes by more than a half.
            ``between``: midway between the smallest score to keep and the largest to prune, so that what is to be
            kept passes by more than a half. Either way, channels whose scores are within a few hundredths of the
            threshold are about halved, not pruned: a pruner that scores all alike prunes nothing.
        width: Maps of the pruner's first block.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    ratio: float = Field(0.99, ge=0, lt=1)
    threshold: Literal["published", "between"] = "published"
    width: int = Field(64, ge=1, le=512)


@final
class ChannelPruner(nn.Module):
    """Scores each channel of each photo's features, and gates it.

    The published one scores by all that remains of a ResNet-18 after the split, this one by two blocks.

    Args:
        channels: Of the features.
        options: How.
    """

    def __init__(self, channels: int, options: PrunerOptions) -> None:
        super().__init__()
        self.options = options
        self.scores = FeatureClassifier(channels, options.width, channels)

    def forward(self, features: Tensor) -> Tensor:
        """Gated features, shaped as those given, ``(n, channels, h, w)``."""
        return features * self.gates(features)[:, :, None, None]

    def gates(self, features: Tensor) -> Tensor:
        """Factors ``(n, channels)``, 0 to 1, of features."""
        scores = self.scores(features)
        return torch.sigmoid((scores - threshold_of(scores, self.options)) * STEEPNESS)


def threshold_of(scores: Tensor, options: PrunerOptions) -> Tensor:
    """The score ``(n, 1)`` at which a channel is halved, of scores ``(n, c)``."""
    ascending = scores.sort(dim=1).values
    pruned = int(options.ratio * scores.shape[1])
    smallest_kept = ascending[:, pruned : pruned + 1]
    if options.threshold == "published" or pruned == 0:
        return smallest_kept
    return (ascending[:, pruned - 1 : pruned] + smallest_kept) / 2
