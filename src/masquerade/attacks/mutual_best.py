"""Which matches two sides agree on: how well photos are linked, judged without the truth."""

import torch
from torch import Tensor


def mutual_best(similarity: Tensor) -> tuple[Tensor, Tensor]:
    """Best candidate of each released image, and by how much it wins; minus infinity unless it is mutual.

    Args:
        similarity: ``(n, m)``.

    Returns:
        int64 ``(n,)`` and floats ``(n,)``; with a single candidate nothing is won.
    """
    if similarity.shape[1] < 2:
        return torch.zeros(len(similarity), dtype=torch.long), torch.full((len(similarity),), -torch.inf)
    top = similarity.topk(2, dim=1)
    best = top.indices[:, 0]
    margin = top.values[:, 0] - top.values[:, 1]
    mutual = similarity.argmax(0)[best] == torch.arange(len(similarity))
    return best, torch.where(mutual, margin, torch.full_like(margin, -torch.inf))


def mutual_share(similarity: Tensor) -> float:
    """Share of released images whose best candidate has them as its best, 0 to 1."""
    return float((mutual_best(similarity)[1] > -torch.inf).float().mean())
