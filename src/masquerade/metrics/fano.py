"""The Fano factor of a histogram of predicted labels, scaled so that classes of any size compare."""

from math import log

import torch
from torch import Tensor


def fano_factor(counts: Tensor) -> Tensor:
    """Variance over mean of label counts, scaled so that classes of any size compare.

    The Disguised-Nets paper (section 4.2) takes F = sigma^2 / mu over the k bins of a class's histogram. That
    grows with the number n of images: one full bin gives n (k - 1) / k. Divided by this, labels drawn blindly
    still give 1/n on average, which would make small classes seem concentrated. With that part taken out, it
    becomes how often two images of the class get the same label, from 0 (as often as blindly, one in k) to 1,
    and is computed so: two histograms with the same value give the same number to the last bit.

    Args:
        counts: Images by predicted label, ``(..., k)``, at least one a histogram.

    Returns:
        float64 ``(...)``, 1 at most; slightly below 0 for labels more even than blind ones; 1 for one image.
    """
    k, whole = counts.shape[-1], counts.double()
    n = whole.sum(-1)
    pairs = (n * (n - 1)).clamp_min(1)
    alike = torch.where(n > 1, (whole * (whole - 1)).sum(-1) / pairs, torch.ones_like(n))
    return (alike - 1 / k) / (1 - 1 / k)


def soft_fano_factor(probabilities: Tensor, groups: Tensor) -> Tensor:
    """As ``fano_factor``, from probabilities instead of labels: how sure the model is counts too.

    The mean over pairs of images of one class of the probability that labels drawn from their probabilities
    agree, scaled likewise; rounded to six digits, which is what float32 probabilities hold.

    Args:
        probabilities: Of each label, ``(n, k)``.
        groups: Class of each image, int64 ``(n,)``, numbered from 0 without gaps.

    Returns:
        float64 ``(m,)``; 1 for a class of one image.
    """
    p, k = probabilities.double(), probabilities.shape[1]
    n = torch.bincount(groups).double()
    summed = torch.zeros(len(n), k, dtype=torch.float64).index_add(0, groups, p)
    itself = torch.zeros(len(n), dtype=torch.float64).index_add(0, groups, p.square().sum(1))
    agree = (summed.square().sum(1) - itself) / (n * (n - 1)).clamp_min(1)
    alike = torch.where(n > 1, agree, torch.ones_like(n))
    return ((alike - 1 / k) / (1 - 1 / k)).round(decimals=6)


def entropy(counts: Tensor) -> Tensor:
    """Shannon entropy of histograms ``(..., k)`` in bits, float64 ``(...)``."""
    share = counts.double() / counts.double().sum(-1, keepdim=True)
    return -torch.xlogy(share, share).sum(-1) / log(2)
