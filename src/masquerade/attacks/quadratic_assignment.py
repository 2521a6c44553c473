"""Graph matching: the order of one graph's nodes that agrees best with another graph.

By projected gradients over doubly stochastic matrices (Vogelstein et al., "Fast approximate quadratic programming for
graph matching", 2015), started from the plane into which both graphs embed.
"""

import numpy as np
import torch
from torch import Tensor

from masquerade.attacks.assignment import assign

TURNS = 36
STARTS = 8
SHAKEN_STARTS = 24
STEPS = 30


def match(disguised: Tensor, public: Tensor, unary: Tensor, rng: np.random.Generator) -> Tensor:
    """Find the order of the disguised nodes that agrees best with the public graph.

    Args:
        disguised: ``(channels, t, t)``.
        public: The same of public images.
        unary: Affinity of disguised node ``j`` with position ``b`` at ``[b, j]``.
        rng: Randomness of the restarts.

    Returns:
        int64 ``(t,)``: the disguised node that belongs at each position.
    """
    disguised = disguised - disguised.mean((1, 2), keepdim=True)
    public = public - public.mean((1, 2), keepdim=True)
    t = public.shape[1]
    if t == 1:
        return torch.zeros(1, dtype=torch.int64)
    flat = torch.full((t, t), 1 / t)
    starts = [0.5 * _matrix(order) + 0.5 * flat for order in _planar_starts(disguised, public, unary)]
    starts.append(flat)
    if t <= 64:
        starts += [
            0.5 * _matrix(torch.from_numpy(rng.permutation(t))) + 0.5 * flat for _ in range(SHAKEN_STARTS)
        ]
    orders = [_climb(disguised, public, start, unary) for start in starts]
    return max(orders, key=lambda order: _agreement(disguised, public, order, unary))


def _planar_starts(disguised: Tensor, public: Tensor, unary: Tensor) -> list[Tensor]:
    """Best orders over all turns and flips of the plane into which the graphs embed."""
    seen, known = _plane(disguised), _plane(public)
    orders = []
    for angle in torch.arange(TURNS) * (2 * torch.pi / TURNS):
        cos, sin = angle.cos(), angle.sin()
        turn = torch.stack([torch.stack([cos, -sin]), torch.stack([sin, cos])])
        for mirror in (1.0, -1.0):
            turned = (seen * torch.tensor([1.0, mirror])) @ turn
            orders.append(assign(-torch.cdist(known, turned)))
    orders.sort(key=lambda order: -_agreement(disguised, public, order, unary))
    return orders[:STARTS]


def _plane(graph: Tensor) -> Tensor:
    mean = graph.mean(0)
    centre = torch.eye(len(mean)) - 1 / len(mean)
    values, vectors = torch.linalg.eigh(centre @ (mean + mean.T) @ centre)
    plane: Tensor = vectors[:, -2:] * values[-2:].clamp_min(0).sqrt()
    return plane


def _climb(disguised: Tensor, public: Tensor, start: Tensor, unary: Tensor) -> Tensor:
    """Frank-Wolfe with exact line search, then assignments while they improve."""
    current = start
    for _ in range(STEPS):
        slope = _slope(disguised, public, current, unary)
        step = _matrix(assign(slope)) - current
        linear = float((slope * step).sum())
        bend = float(((public @ step @ disguised.mT).sum(0) * step).sum())
        if linear <= 1e-6:
            break
        current = current + step * (1.0 if bend >= 0 else min(1.0, -linear / (2 * bend)))
    order = assign(current)
    while True:
        better = assign(_slope(disguised, public, _matrix(order), unary))
        gain = _agreement(disguised, public, better, unary) - _agreement(disguised, public, order, unary)
        if gain <= 1e-6:
            return order
        order = better


def _slope(disguised: Tensor, public: Tensor, at: Tensor, unary: Tensor) -> Tensor:
    return (public @ at @ disguised.mT + public.mT @ at @ disguised).sum(0) + unary


def _agreement(disguised: Tensor, public: Tensor, order: Tensor, unary: Tensor) -> float:
    placed = disguised[:, order][:, :, order]
    return float((placed * public).sum() + unary[torch.arange(len(order)), order].sum())


def _matrix(order: Tensor) -> Tensor:
    return torch.eye(len(order))[order]
