"""How much of a noise is the same for every face: that part hides nothing from whoever takes a mean off. Ours."""

import torch
from torch import Tensor

from masquerade.errors import UsageError


def constant_share(noise: Tensor, people: Tensor) -> float:
    """Share of the noise's energy that is one vector for everybody.

    The mean inner product of the noises of two photos of different people, as a share of the mean energy of one.
    Independent noises around zero have 0 on average, whatever their number; the same noise on all has 1.

    Args:
        noise: What was added to each photo or feature map, ``(n, ...)``.
        people: Person of each, int64 ``(n,)``.

    Returns:
        At most 1; a little below 0 is chance.

    Raises:
        UsageError: If there are fewer than two people, or no noise at all.
    """
    return share_of(*of_each_person(noise, people))


def of_each_person(noise: Tensor, people: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Sums of the noise ``(k, d)``, of its energy ``(k,)``, and numbers of photos ``(k,)`` by person, float64."""
    _, rows = torch.unique(people, return_inverse=True)
    flat = noise.flatten(1).double()
    k = int(rows.max()) + 1
    sums = torch.zeros(k, flat.shape[1], dtype=torch.float64).index_add_(0, rows, flat)
    energy = torch.zeros(k, dtype=torch.float64).index_add_(0, rows, flat.square().sum(1))
    return sums, energy, torch.bincount(rows).double()


def share_of(sums: Tensor, energy: Tensor, photos: Tensor) -> float:
    """``constant_share`` from what ``of_each_person`` gives.

    Raises:
        UsageError: As ``constant_share``.
    """
    count, total = photos.sum(), energy.sum()
    if len(photos) < 2 or not float(total) > 0:
        raise UsageError(
            "the constant share of a noise needs noise on photos of two people or more",
            value=f"{len(photos)} people, energy {float(total):.3g}",
            remedy="Give photos of more people, or an amount above 0.",
        )
    between = sums.sum(0).square().sum() - sums.square().sum()
    pairs = count.square() - photos.square().sum()
    return float((between / pairs) / (total / count))
