"""Linear maps by which people are told apart, learnt in closed form from features of photos.

Principal components, then whitening by how photos of one person differ, then, from enough people, linear discriminant
analysis (Fisher 1936; Belhumeur and others 1997, "Fisherfaces").
"""

from dataclasses import dataclass
from typing import Final, final

import torch
from torch import Tensor
from torch.nn import functional

from masquerade.errors import UsageError

COMPONENTS: Final = 256
DIRECTIONS: Final = 64
RIDGE: Final = 0.1
"""Share of the mean spread within people that is added to every direction's."""
FEWEST: Final = 3
"""People with two photos that discriminants need."""


@final
@dataclass(frozen=True, eq=False)
class Projection:
    """Features to unit vectors that are compared by their cosine.

    Args:
        mean: Of the features that it was learnt from, ``(d,)``.
        matrix: ``(d, k)``.
    """

    mean: Tensor
    matrix: Tensor

    def __call__(self, features: Tensor) -> Tensor:
        """Unit vectors ``(n, k)`` of features ``(n, d)``, in the projection's own type."""
        return functional.normalize((features.flatten(1).to(self.mean.dtype) - self.mean) @ self.matrix)


def discriminants(features: Tensor, people: Tensor) -> Projection:
    """The directions in which people differ most, against how much photos of one person do.

    Args:
        features: Of photos, ``(n, d)``.
        people: Person of each, int64 ``(n,)``.

    Returns:
        The map, in float64.

    Raises:
        UsageError: If there are fewer than three people with two photos each.
    """
    known = _People(features, people, FEWEST)
    between = known.means @ known.white
    _, _, directions = torch.linalg.svd(between - between.mean(0), full_matrices=False)
    return Projection(known.mean, known.axes @ known.white @ directions[:DIRECTIONS].T)


def whitening(features: Tensor, people: Tensor) -> Projection:
    """All directions, brought to one spread within people: for few people, who say little of how people differ.

    Args:
        features: Of photos, ``(n, d)``.
        people: Person of each, int64 ``(n,)``.

    Returns:
        The map, in float64.

    Raises:
        UsageError: If nobody has two photos.
    """
    known = _People(features, people, 1)
    return Projection(known.mean, known.axes @ known.white)


@final
class _People:
    """What features say of people.

    Args:
        features: Of photos, ``(n, d)``.
        people: Person of each.
        fewest: People with two photos that are needed.
    """

    def __init__(self, features: Tensor, people: Tensor, fewest: int) -> None:
        _, person, counts = torch.unique(people, return_inverse=True, return_counts=True)
        if (several := int((counts > 1).sum())) < fewest:
            raise UsageError(
                "the closed form learns from people with two photos or more",
                value=f"{several} such people, at least {fewest}",
                remedy="Give more photos of the people, or of more people.",
            )
        whole = features.flatten(1).double()
        self.mean = whole.mean(0)
        self.axes = _axes(whole - self.mean)
        placed = (whole - self.mean) @ self.axes
        sums = torch.zeros(len(counts), placed.shape[1]).double().index_add_(0, person, placed)
        self.means = sums / counts[:, None]
        rest = (placed - self.means[person])[counts[person] > 1]
        spread, turned = torch.linalg.eigh(rest.T @ rest / len(rest))
        self.white = turned * (spread.clamp_min(0) + RIDGE * spread.mean()).rsqrt()


def _axes(centred: Tensor) -> Tensor:
    """Principal axes ``(d, k)`` of fewer rows than columns, by the rows' inner products."""
    values, vectors = torch.linalg.eigh(centred @ centred.T)
    size = min(COMPONENTS, int((values > 1e-9 * values[-1]).sum()))
    axes: Tensor = centred.T @ (vectors[:, -size:] / values[-size:].sqrt())
    return axes
