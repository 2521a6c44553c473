"""Structural similarity of reconstructions."""

import torch
from torch import Tensor

from masquerade.errors import NotMeasurable
from masquerade.guesses import Guess, Reconstruction
from masquerade.metrics.base import Score, Truth
from masquerade.metrics.by_person import mean_by_person, weights
from masquerade.metrics.expecting import expect
from masquerade.metrics.pairing import matched

_WINDOW = 11
_BATCH = 256


def ssim(guess: Guess, truth: Truth) -> Score:
    """Mean structural similarity (Wang et al. 2004: Gaussian window of 11 pixels, sigma 1.5), -1 to 1.

    Guesses are clipped to 0..255 first. Chance is what the mean of all originals scores as a guess for each.

    Raises:
        NotMeasurable: If the guess is no reconstruction, or the images are smaller than the window.
    """
    images = matched(expect(guess, Reconstruction, "ssim"), truth)
    if min(images.shape[2:]) < _WINDOW:
        raise NotMeasurable(
            "ssim needs images of 11 pixels a side or more",
            value=f"{images.shape[2]}x{images.shape[3]}",
            remedy="Use psnr for images as small as these.",
        )
    values = similarity(images, truth.originals)
    blind = similarity(truth.originals.mean(0, keepdim=True).expand_as(truth.originals), truth.originals)
    chance = float(blind @ torch.from_numpy(weights(truth.clusters)))
    return mean_by_person("ssim", values.numpy(), truth.clusters, chance, (-1.0, 1.0))


def similarity(images: Tensor, originals: Tensor) -> Tensor:
    """SSIM of each image, float64 ``(n,)``."""
    parts = zip(torch.split(images.double(), _BATCH), torch.split(originals.double(), _BATCH), strict=True)
    return torch.cat([_one(*part) for part in parts])


def _one(images: Tensor, originals: Tensor) -> Tensor:
    # here: it brings scipy.signal and matplotlib, a second for everything that loads a metric
    from torchmetrics.functional.image import structural_similarity_index_measure

    values = structural_similarity_index_measure(images, originals, data_range=255.0, reduction="none")
    assert isinstance(values, Tensor)  # noqa: S101  (a pair only if asked for full images)
    return values.reshape(-1)
