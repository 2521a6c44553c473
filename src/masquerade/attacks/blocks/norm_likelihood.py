"""How strongly a noisy fingerprint speaks for one candidate, against all others and against a stranger."""

from typing import Final

import torch
from torch import Tensor

SHRINKAGE: Final = 0.1
"""Share of the noise's covariance that is taken as the same for all numbers of a fingerprint."""
FLOOR: Final = 1e-6
"""Variance of rounding, relative to that of the fingerprints themselves."""


def evidence(seen: Tensor, repeats: Tensor, correlated: bool) -> Tensor:
    """Log-likelihood ratio of each candidate, ``(n, m)``: comparable between images, so fit for membership.

    What a candidate is weighed against is the sum of all others, and a stranger, someone who is no candidate:
    as far from the nearest candidate as candidates are from each other.

    Args:
        seen: Fingerprints of released images, ``(n, f)``.
        repeats: Fingerprints of candidates under noise of the attacker's own, ``(draws, m, f)``.
        correlated: Whether noise moves the numbers of a fingerprint together, as it does sorted lists.
    """
    seen, repeats = seen.double(), repeats.double()
    draws = len(repeats)
    expected = repeats.mean(0)
    spread = (repeats - expected).flatten(0, 1)
    degrees = (draws - 1) / draws if draws > 1 else 1.0
    variance = spread.square().mean(0) / degrees
    least = SHRINKAGE * variance.mean() + FLOOR * expected.var(0, correction=0).mean() + 1e-12
    if correlated:
        covariance = (1 - SHRINKAGE) * spread.T @ spread / len(spread) / degrees
        covariance.diagonal().add_(least)
        root = torch.linalg.cholesky(covariance)
        seen, expected, spread = (
            torch.linalg.solve_triangular(root, rows.T, upper=False).T for rows in (seen, expected, spread)
        )
    else:
        deviation = ((1 - SHRINKAGE) * variance + least).sqrt()
        seen, expected, spread = seen / deviation, expected / deviation, spread / deviation
    # A draw lies from its own mean by less than a released image from it, which had no part in it.
    blur = spread.square().sum(1).mean() / degrees * (1 + 1 / draws)
    stranger = -(blur + _nearest(expected).square().median()) / 2
    return _against_others(-torch.cdist(seen, expected).square() / 2, stranger).float()


def _nearest(fingerprints: Tensor) -> Tensor:
    """Distance of each candidate to the nearest other, ``(m,)``; 0 if there is none."""
    if len(fingerprints) < 2:
        return torch.zeros(len(fingerprints), dtype=fingerprints.dtype)
    return torch.cdist(fingerprints, fingerprints).fill_diagonal_(torch.inf).amin(1)


def _against_others(score: Tensor, stranger: Tensor) -> Tensor:
    """Log-likelihoods ``(n, m)`` less that of everyone else together."""
    best = score.argmax(1, keepdim=True)
    outside = stranger.expand(len(score), 1)
    others = torch.cat([score.scatter(1, best, -torch.inf), outside], 1).logsumexp(1, keepdim=True)
    every = torch.cat([score, outside], 1).logsumexp(1, keepdim=True)
    # Whoever is not the best has at most half of the likelihood, so this loses no digits.
    ratio = score - every - torch.log1p(-(score - every).exp().clamp_max(0.5))
    return ratio.scatter(1, best, score.gather(1, best) - others)
