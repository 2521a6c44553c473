"""Tokens in a frame of their own: in it, a secret map of tokens changes their inner products little or not."""

from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor

from masquerade.attacks.tokens import permutation as order
from masquerade.attacks.tokens.statistics import TokenStatistics, of_unit_length

ENOUGH: Final = 1500
"""Photos from which the graphs of a frame are computed."""


@dataclass(frozen=True)
class Frame:
    """How tokens of one side are centred and scaled, and the graphs by which positions are told apart.

    Args:
        mean: Subtracted, ``(t, d)``.
        whitening: Multiplied by, ``(d, d)``; None where only directions of tokens are compared.
        graphs: ``(3, t, t)``.
    """

    mean: Tensor
    whitening: Tensor | None
    graphs: Tensor

    @classmethod
    def of(cls, tokens: Tensor, linear: bool) -> "Frame":
        """The frame of ``(n, t, d)``: whitened, which undoes matrices, or directions, which networks nearly keep.

        Raises:
            NotApplicable: If there are too few tokens to whiten by.
        """
        some = tokens[:ENOUGH]
        if linear:
            statistics = TokenStatistics.of(tokens)
            graphs = order.gram_moments(statistics.whitened(some), statistics.whitened_mean)
            return cls(statistics.mean, statistics.whitening, graphs)
        mean = of_unit_length(tokens).mean(0)
        centred = of_unit_length(of_unit_length(some) - mean)
        graphs = torch.stack([order.ranks(g) for g in order.gram_moments(centred, mean - mean.mean(0))])
        return cls(mean, None, graphs)

    def __call__(self, tokens: Tensor) -> Tensor:
        """Tokens ``(n, t, d)`` in this frame."""
        if self.whitening is None:
            return of_unit_length(of_unit_length(tokens) - self.mean)
        return (tokens - self.mean) @ self.whitening
