"""The trained networks of MoCo-v3: a branch that learns, and a slow copy of it that sets its targets."""

from collections.abc import Sequence
from copy import deepcopy
from itertools import pairwise
from typing import final

import torch
from torch import Tensor, nn
from torch.nn import functional

from masquerade.encoders.vision_transformer import VisionTransformer
from masquerade.training.encoders.settings import MoCoSettings


@final
class Branch(nn.Module):
    """Views to the numbers that they are compared by: the encoder's class token, projected.

    Args:
        settings: Sizes.
    """

    def __init__(self, settings: MoCoSettings) -> None:
        super().__init__()
        self.vit = VisionTransformer(settings.vit)
        self.projector = _dense((settings.vit.width, settings.hidden, settings.hidden, settings.projected))

    def forward(self, views: Tensor, places: Tensor | None = None) -> Tensor:
        """Views ``(n, 3, side, side)``, or the patches of them at ``places``, to ``(n, projected)``."""
        out: Tensor = self.projector(self.vit(views, places)[:, 0])
        return out


@final
class Branches(nn.Module):
    """Both branches and the predictor, in one state.

    Args:
        settings: Sizes, temperature.
    """

    def __init__(self, settings: MoCoSettings) -> None:
        super().__init__()
        self.learner = Branch(settings)
        self.predictor = _dense((settings.projected, settings.hidden, settings.projected))
        self.slow = deepcopy(self.learner).requires_grad_(False)
        self.temperature = settings.temperature

    def forward(
        self, views: tuple[Tensor, Tensor], places: tuple[Tensor | None, Tensor | None] = (None, None)
    ) -> tuple[Tensor, Tensor]:
        """Loss of two views of the same photos, and the share of them found again, both scalars.

        Args:
            views: Each float32 ``(n, 3, side, side)``.
            places: The patches of each that the learner sees, int64 ``(n, t)``; all if None.
        """
        asked = [self.predictor(self.learner(*seen)) for seen in zip(views, places, strict=True)]
        with torch.no_grad():
            answers = [self.slow(view) for view in reversed(views)]
        pairs = [_contrast(q, k, self.temperature) for q, k in zip(asked, answers, strict=True)]
        return pairs[0][0] + pairs[1][0], (pairs[0][1] + pairs[1][1]) / 2

    @torch.no_grad()
    def follow(self, momentum: float) -> None:
        """Move the slow copy a little towards the learner."""
        pairs = zip(self.slow.parameters(), self.learner.parameters(), strict=True)
        for slow, learned in pairs:
            slow.lerp_(learned, 1 - momentum)


def _contrast(asked: Tensor, answers: Tensor, temperature: float) -> tuple[Tensor, Tensor]:
    """InfoNCE: each view must be nearest to the other view of its own photo; in float32."""
    asked, answers = (functional.normalize(part.float(), dim=1) for part in (asked, answers))
    with torch.autocast(asked.device.type, enabled=False):
        scores = asked @ answers.T / temperature
    right = torch.arange(len(scores), device=scores.device)
    found = (scores.detach().argmax(1) == right).float().mean()
    return 2 * temperature * functional.cross_entropy(scores, right), found


def _dense(sizes: Sequence[int]) -> nn.Sequential:
    """Linear layers with batch normalisation, ReLU between them, no bias and no scale at the end."""
    layers: list[nn.Module] = []
    for before, after in pairwise(sizes[:-1]):
        layers += [nn.Linear(before, after, bias=False), nn.BatchNorm1d(after), nn.ReLU()]
    last = nn.BatchNorm1d(sizes[-1], affine=False)
    return nn.Sequential(*layers, nn.Linear(sizes[-2], sizes[-1], bias=False), last)
