"""Generators of a hypernetwork: a code in, the weights of one layer out."""

from math import prod, sqrt
from typing import Final, final

import torch
from torch import Tensor, nn

SPREAD: Final = 0.5
"""Size of the generated part of a fresh layer, in parts of its base."""


@final
class ConvolutionGenerator(nn.Module):
    """Kernels: a learned base, and what the code adds to it.

    Args:
        inside: Code to ``hidden`` numbers.
        hidden: That many.
        shape: Shape of the kernels, channels out first.
    """

    def __init__(self, inside: nn.Module, hidden: int, shape: tuple[int, ...]) -> None:
        super().__init__()
        self.inside = inside
        self.shape = shape
        self.scale = he(shape)
        self.base = nn.Parameter(self.scale * torch.randn(shape))
        self.added = nn.Parameter(_fresh(hidden, prod(shape)))

    def forward(self, codes: Tensor) -> Tensor:
        """Codes ``(b, code)`` to kernels ``(b, *shape)``."""
        added: Tensor = self.inside(codes) @ self.added
        return torch.add(self.base, added.view(-1, *self.shape), alpha=self.scale)


@final
class FullLayerGenerator(nn.Module):
    """A full layer: ``base * (1 + G H) + U V``, where G, H, U and V are generated and thin.

    Args:
        inside: Code to ``hidden`` numbers.
        hidden: That many.
        shape: Outputs and inputs of the layer.
        rank: Columns of U and rows of V.
        gain_rank: Columns of G and rows of H; 0 for no gains.
    """

    def __init__(
        self, inside: nn.Module, hidden: int, shape: tuple[int, ...], rank: int, gain_rank: int
    ) -> None:
        super().__init__()
        self.inside = inside
        self.outputs, self.inputs = shape
        self.ranks = (rank, gain_rank)
        self.scale = he(shape)
        self.base = nn.Parameter(self.scale * torch.randn(shape))
        self.added = nn.Parameter(_fresh(hidden, sum(self._sizes())))

    def forward(self, codes: Tensor) -> Tensor:
        """Codes ``(b, code)`` to weights ``(b, outputs, inputs)``."""
        (rank, gain_rank), b = self.ranks, len(codes)
        left, right, gain_left, gain_right = (self.inside(codes) @ self.added).split(self._sizes(), 1)
        left = left.view(b, self.outputs, rank) * (self.scale / sqrt(rank * SPREAD))
        right = right.view(b, rank, self.inputs)
        if not gain_rank:
            return torch.baddbmm(self.base.expand(b, -1, -1), left, right)
        gain_left = gain_left.view(b, self.outputs, gain_rank) / sqrt(gain_rank * SPREAD)
        gains = torch.baddbmm(codes.new_ones(1, 1, 1), gain_left, gain_right.view(b, gain_rank, self.inputs))
        gained = (
            self.base * gains if gains.requires_grad else gains.mul_(self.base)
        )  # memory is half the time
        return gained.baddbmm_(left, right)

    def _sizes(self) -> list[int]:
        rank, gain_rank = self.ranks
        return [self.outputs * rank, self.inputs * rank, self.outputs * gain_rank, self.inputs * gain_rank]


def he(shape: tuple[int, ...]) -> float:
    """Standard deviation of fresh weights that keeps the size of what passes a rectifier (He et al. 2015)."""
    return sqrt(2 / prod(shape[1:]))


def _fresh(hidden: int, count: int) -> Tensor:
    """A last layer whose results have the deviation ``SPREAD``: a rectifier halves the variance of its inputs."""
    return SPREAD * sqrt(2 / hidden) * torch.randn(hidden, count)
