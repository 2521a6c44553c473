"""Matching two sides by resemblances within each: first similarities, how well a match fits, and its correction."""

from typing import Final

import torch
from torch import Tensor

from masquerade.attacks.mutual_best import mutual_best

QUANTILES: Final = 64
CORRECTIONS: Final = 6
FEWEST: Final = 8
"""Matches that a correction needs."""
AXES: Final = (4, 8, 16, 2, 3, 5, 6, 10, 12, 24, 32)
"""Principal axes of the starts: few survive noise, more tell more images apart. A start fails or finds nearly all."""


def resemblances(images: Tensor) -> Tensor:
    """Cosine between vectors ``(n, d)``, as ``(n, n)``; each one's resemblance to itself left out."""
    unit = images / images.norm(dim=1, keepdim=True).clamp_min(1e-9)
    cosine: Tensor = unit @ unit.T
    return cosine.fill_diagonal_(0.0)


def profile(resemblances: Tensor) -> Tensor:
    """The distribution of each image's resemblances ``(n, n)``: quantiles, which no order of the images changes."""
    at = torch.linspace(0, 1, QUANTILES, dtype=resemblances.dtype)
    return torch.quantile(resemblances, at, dim=1).T


def axes_similarities(released: Tensor, candidates: Tensor, axes: int = len(AXES)) -> list[Tensor]:
    """Closeness ``(n, m)`` in the first few principal coordinates, by numbers of axes; nothing is taken off."""
    a, b = (_principal_coordinates(side) for side in (released, candidates))
    return [-torch.cdist(a[:, :k], b[:, :k]).float() for k in AXES[:axes]]


def _principal_coordinates(images: Tensor) -> Tensor:
    """Coordinates ``(n, k)``, signs settled by skewness, which a matrix key keeps."""
    values, vectors = torch.linalg.eigh(images @ images.T)
    scores = (vectors * values.clamp_min(0).sqrt())[:, -max(AXES) :].flip(1)
    signed: Tensor = scores * scores.pow(3).mean(0).sign()
    scaled: Tensor = signed / signed.norm() * len(signed) ** 0.5
    return scaled


def correlation(left: Tensor, right: Tensor) -> Tensor:
    """Correlation of every row of ``left`` with every row of ``right``, columns standardised first."""
    a, b = (_standardised(side) for side in (left, right))
    return (a @ b.T).float()


def fit(similarity: Tensor, released: Tensor, candidates: Tensor) -> float:
    """How well two graphs agree on what is matched mutually, 0 to 1: judged without the truth.

    Args:
        similarity: ``(n, m)``.
        released: Resemblances ``(n, n)``.
        candidates: Resemblances ``(m, m)``.

    Returns:
        The correlation of resemblances of all pairs that are matched mutually, times the share of such images.
    """
    rows, matched = _matches(similarity)
    if len(rows) < 3:
        return 0.0
    off = ~torch.eye(len(rows), dtype=torch.bool)
    sides = torch.stack([released[rows][:, rows][off], candidates[matched][:, matched][off]])
    correlated = float(torch.corrcoef(sides)[0, 1].nan_to_num(0.0))
    return max(0.0, correlated) * len(rows) / len(similarity)


def corrected(similarity: Tensor, released: Tensor, candidates: Tensor) -> Tensor:
    """Similarities by closeness to the half of the matches whose resemblances fit best, a few times over."""
    for _ in range(CORRECTIONS):
        rows, matched = _matches(similarity)
        if len(rows) < FEWEST:
            break
        ours, theirs = released[rows][:, rows], candidates[matched][:, matched]
        scale = (ours * theirs).sum() / theirs.square().sum().clamp_min(1e-9)
        best = (ours - scale * theirs).abs().mean(1).argsort()[: max(FEWEST, len(rows) // 2)]
        similarity = -torch.cdist(released[:, rows[best]], scale * candidates[:, matched[best]]).float()
    return similarity


def _matches(similarity: Tensor) -> tuple[Tensor, Tensor]:
    """Rows that are matched mutually, and with which candidates."""
    best, margin = mutual_best(similarity)
    rows = (margin > -torch.inf).nonzero()[:, 0]
    return rows, best[rows]


def _standardised(rows: Tensor) -> Tensor:
    rows = (rows - rows.mean(0)) / rows.std(0).clamp_min(1e-9)
    centred = rows - rows.mean(1, keepdim=True)
    unit: Tensor = centred / centred.norm(dim=1, keepdim=True).clamp_min(1e-9)
    return unit
