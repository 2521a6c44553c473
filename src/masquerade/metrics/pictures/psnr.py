"""Peak signal-to-noise ratio of reconstructions."""

import torch
from torch import Tensor

from masquerade.guesses import Guess, Reconstruction
from masquerade.metrics.base import Score, Truth
from masquerade.metrics.by_person import mean_by_person, weights
from masquerade.metrics.expecting import expect
from masquerade.metrics.pairing import matched

CAP = 100.0
"""Decibels counted for an exact image, so that a mean exists."""


def psnr(guess: Guess, truth: Truth) -> Score:
    """Mean over people, and their images, of 10 log10(255^2 / mean squared error), in decibels, capped at 100.

    Guesses are clipped to 0..255 first. Chance is what the mean of all originals scores as a guess for each.

    Raises:
        NotMeasurable: If the guess is no reconstruction.
    """
    images = matched(expect(guess, Reconstruction, "psnr"), truth)
    values = decibels(images, truth.originals)
    blind = decibels(truth.originals.mean(0, keepdim=True), truth.originals)
    chance = float(blind @ torch.from_numpy(weights(truth.clusters)))
    return mean_by_person("psnr", values.numpy(), truth.clusters, chance, (0.0, CAP))


def decibels(images: Tensor, originals: Tensor) -> Tensor:
    """PSNR of each image, float64 ``(n,)``."""
    error = (images.double() - originals.double()).square().flatten(1).mean(1)
    return torch.clip(10 * torch.log10(255.0**2 / error), max=CAP)
