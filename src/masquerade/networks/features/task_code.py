"""A task's answers in a few numbers: features in, the numbers out; and the answers that are told from them."""

from typing import Final, Literal, final

import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor, nn

_SMALLEST: Final = 1e-12


@final
class CodeOptions(BaseModel):
    """How features become a few numbers on the edge.

    Args:
        numbers: How many.
        source: ``answers``: the whole network runs on the edge, and its answers are compressed. ``features``: one
            matrix takes the encoder's features there, so that the edge stays thin.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    numbers: int = Field(4, ge=1, le=64)
    source: Literal["answers", "features"] = "answers"


@final
class TaskCode(nn.Module):
    """Features to ``numbers`` numbers inside the ball of radius 1; what lies outside is drawn to its surface.

    Args:
        told: Features ``(n, c, h, w)`` to logits ``(n, a)``; used where the options' source is ``answers``.
        entries: Numbers of a feature map, ``c * h * w``.
        answers: Logits, ``a``.
        options: How.
    """

    def __init__(self, told: nn.Module, entries: int, answers: int, options: CodeOptions) -> None:
        super().__init__()
        whole = options.source == "answers"
        self.options = options
        self.told: nn.Module = told if whole else nn.Flatten()
        self.linear = nn.Linear(answers if whole else entries, options.numbers)

    def forward(self, features: Tensor) -> Tensor:
        """Codes ``(n, numbers, 1, 1)``, of norm 1 at most, of features ``(n, c, h, w)``."""
        return in_ball(self.linear(self.told(features)))[:, :, None, None]


def in_ball(codes: Tensor) -> Tensor:
    """Codes ``(n, r)`` of norm 1 at most: those outside the ball are drawn to its surface."""
    inside: Tensor = codes / codes.norm(dim=1, keepdim=True).clamp(min=1.0)
    return inside


def reader(numbers: int, answers: int) -> nn.Sequential:
    """The cloud's half behind codes ``(n, numbers, 1, 1)``: one linear layer to logits ``(n, answers)``."""
    return nn.Sequential(nn.Flatten(), nn.Linear(numbers, answers))


def leading(covariance: Tensor, numbers: int) -> tuple[Tensor, Tensor]:
    """Eigenvalues ``(r,)``, largest first, and their directions ``(a, r)``, of a covariance ``(a, a)``, float64.

    The largest entry of each direction is positive, so that platforms agree on its sign.
    """
    values, directions = torch.linalg.eigh(covariance.double())
    chosen = directions.flip(1)[:, :numbers]
    largest = chosen.abs().argmax(0)
    signs = chosen[largest, torch.arange(chosen.shape[1])].sign()
    return values.flip(0)[:numbers].clamp(min=_SMALLEST), chosen * signs
