"""Filters of both sides: the released vectors' own scatter is taken off, the attacker's means are shrunk."""

from dataclasses import dataclass
from typing import Final, final

import torch
from torch import Tensor

from masquerade.attacks.people.sides import Side
from masquerade.attacks.solving import solved

_POWER: Final = -0.25
"""Of the scatter within classes. Whitening wholly would make directions of noise as heavy as those of faces."""
_OWN: Final = 0.6
"""Share of the scatter itself in what is taken off; the rest is the same in every direction."""
_DIRECTIONS: Final = 256
"""Principal directions in which people are told apart, at most."""


@final
@dataclass(frozen=True)
class Filtered:
    """A side whose vectors are ready to be compared.

    Args:
        side: Vectors as they resemble each other, centred.
        raw: The same before they were shrunk, neither centred: for facts on each class alone.
    """

    side: Side
    raw: Side


def filtered_release(side: Side) -> Filtered:
    """Released vectors in the metric of their own scatter, which any linear key changes alike."""
    metric = _Metric.of(side.residuals(), side, 0.0)
    whole = Side(metric.applied(side.rows), side.classes, side.numbers)
    return Filtered(whole.centred(), whole)


def filtered_gallery(side: Side, public: Side | None, noise: float) -> Filtered:
    """The attacker's vectors, shrunk by what photos of a person differ, in the metric that the release will have.

    Args:
        side: The attacker's photos of named people.
        public: Photos of others, where there are any: what differs within a person is better known by them.
        noise: Variance of the known noise on each number.
    """
    metric = _Metric.of(side.residuals(), side, noise)
    centred, others = side.centred(), None if public is None else public.centred()
    directions = _principal(centred, others)
    coordinates = [each.rows @ directions for each in (centred, others) if each is not None]
    within = _within([s.residuals() @ directions for s in (centred, others) if s is not None], (side, public))
    total = _moment(torch.cat(coordinates, 1))
    between = _positive(total - within)
    photos = float(side.photos.reciprocal().mean())
    floor = 1e-6 * total.diagonal(dim1=1, dim2=2).mean(1)[:, None, None] * torch.eye(total.shape[1])
    shrunk = (coordinates[0] @ solved(between + photos * within + floor, between)) @ directions.mT
    known, raw = (Side(metric.applied(rows), side.classes, side.numbers) for rows in (shrunk, side.rows))
    return Filtered(known.centred(), raw)


def excess(released: Side, gallery: Side) -> float:
    """Variance of the noise on each number that the scatter of a release shows, where nobody tells it.

    What the classes' means differ by is the measure of both sides: a key may have made everything larger.
    """
    between, within = zip(*(_scatter(side) for side in (released, gallery)), strict=True)
    scale = between[0] / between[1] if min(between) > 0 else 1.0
    width = released.rows.shape[0] * released.rows.shape[2]
    return float(max(0.0, within[0] / scale - within[1]) / width)


def _scatter(side: Side) -> tuple[float, float]:
    """Mean squared length of the means, without what chance adds, and of what vectors have beside them."""
    residuals = side.residuals().square().sum((0, 2))
    within = float(residuals.sum()) / max(1, len(side.classes) - side.count)
    means = float(side.centred().means().square().sum((0, 2)).mean())
    return means - within * float(side.photos.reciprocal().mean()), within


@final
@dataclass(frozen=True)
class _Metric:
    """A power of a scatter, mixed with the identity; directions without any scatter have ``elsewhere``."""

    directions: Tensor
    gains: Tensor
    elsewhere: Tensor

    @classmethod
    def of(cls, residuals: Tensor, side: Side, noise: float) -> "_Metric":
        freedom = max(1, len(side.classes) - side.count)
        directions, variances = _axes(residuals)
        variances = variances / freedom + noise
        width = residuals.shape[2]
        rest = (width - variances.shape[1]) * noise
        mean = ((variances.sum(1, keepdim=True) + rest) / width).clamp_min(1e-12)
        elsewhere = _power(torch.full_like(mean, noise) / mean)
        return cls(directions, _power(variances / mean) - elsewhere, elsewhere[:, :, None])

    def applied(self, rows: Tensor) -> Tensor:
        """Vectors ``(blocks, n, d)`` in this metric."""
        return self.elsewhere * rows + ((rows @ self.directions) * self.gains[:, None]) @ self.directions.mT


def _power(variances: Tensor) -> Tensor:
    return (_OWN * variances + 1 - _OWN).pow(_POWER)


def _axes(rows: Tensor) -> tuple[Tensor, Tensor]:
    """Principal directions ``(blocks, d, r)`` of vectors ``(blocks, n, d)``, and sums of squares along them."""
    _, n, width = rows.shape
    if width <= n:
        values, vectors = torch.linalg.eigh(rows.mT @ rows)
        return vectors, values.clamp_min(0)
    values, weights = torch.linalg.eigh(rows @ rows.mT)
    values = values.clamp_min(0)
    inside = (values > 1e-9 * values[:, -1:]).double()
    scale = inside / values.clamp_min(1e-300).sqrt()
    return rows.mT @ (weights * scale[:, None]), values * inside


def _principal(side: Side, public: Side | None) -> Tensor:
    """Directions ``(blocks, d, q)`` in which the known photos differ most."""
    rows = side.rows if public is None else torch.cat([side.rows, public.rows], 1)
    directions, _ = _axes(rows)
    most = min(_DIRECTIONS, rows.shape[1] // 2, directions.shape[2])
    return directions[:, :, -max(1, most) :]


def _within(residuals: list[Tensor], sides: tuple[Side, Side | None]) -> Tensor:
    freedom = sum(len(side.classes) - side.count for side in sides if side is not None)
    return torch.cat(residuals, 1).mT @ torch.cat(residuals, 1) / max(1, freedom)


def _moment(rows: Tensor) -> Tensor:
    return rows.mT @ rows / rows.shape[1]


def _positive(moment: Tensor) -> Tensor:
    values, vectors = torch.linalg.eigh(moment)
    positive: Tensor = (vectors * values.clamp_min(0)[:, None]) @ vectors.mT
    return positive
