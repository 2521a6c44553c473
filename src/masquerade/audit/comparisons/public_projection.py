"""A linear map by which people are told apart, learned in closed form from public photos alone.

Principal components, then linear discriminant analysis (Fisher 1936; Belhumeur and others 1997, "Fisherfaces").
"""

from dataclasses import dataclass
from typing import Final, final

import torch
from torch import Tensor
from torch.nn import functional

from masquerade.errors import NotMeasurable

COMPONENTS: Final = 256
DIRECTIONS: Final = 64
RIDGE: Final = 0.1
"""Share of the mean spread within people that is added to every direction's."""


@final
@dataclass(frozen=True)
class PublicProjection:
    """Features to unit vectors that are compared by their cosine.

    Args:
        mean: Of the public features, ``(d,)``.
        matrix: ``(d, k)``.
    """

    mean: Tensor
    matrix: Tensor

    def __call__(self, features: Tensor) -> Tensor:
        """Unit vectors ``(n, k)`` of features ``(n, d)``."""
        return functional.normalize((features.flatten(1).double() - self.mean) @ self.matrix)


def public_projection(features: Tensor, people: Tensor) -> PublicProjection:
    """Learn the map: directions in which people differ most, against how much photos of one person do.

    Args:
        features: Of public photos, ``(n, d)``.
        people: Person of each, int64 ``(n,)``.

    Returns:
        The map, in float64.

    Raises:
        NotMeasurable: If there are fewer than three public people with two photos each.
    """
    _, person, counts = torch.unique(people, return_inverse=True, return_counts=True)
    if int((counts > 1).sum()) < 3:
        raise NotMeasurable(
            "the closed form learns from public people with two photos or more",
            value=f"{int((counts > 1).sum())} such people, at least 3",
            place="data.public",
            remedy="Give the study more public people.",
        )
    whole = features.flatten(1).double()
    mean = whole.mean(0)
    axes = _axes(whole - mean)
    placed = (whole - mean) @ axes
    means = torch.zeros(len(counts), placed.shape[1]).double().index_add_(0, person, placed) / counts[:, None]
    rest = (placed - means[person])[counts[person] > 1]
    spread, turned = torch.linalg.eigh(rest.T @ rest / len(rest))
    white = turned * (spread.clamp_min(0) + RIDGE * spread.mean()).rsqrt()
    between = means @ white
    _, _, directions = torch.linalg.svd(between - between.mean(0), full_matrices=False)
    return PublicProjection(mean, axes @ white @ directions[:DIRECTIONS].T)


def _axes(centred: Tensor) -> Tensor:
    """Principal axes ``(d, k)`` of fewer rows than columns, by the rows' inner products."""
    values, vectors = torch.linalg.eigh(centred @ centred.T)
    size = min(COMPONENTS, int((values > 1e-9 * values[-1]).sum()))
    axes: Tensor = centred.T @ (vectors[:, -size:] / values[-size:].sqrt())
    return axes
