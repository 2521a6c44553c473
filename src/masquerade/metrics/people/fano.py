"""How concentrated the predicted labels of a class are: the paper's Fano factor, and ours for classes of any size."""

from math import log

import torch
from torch import Tensor


def fano_factor(counts: Tensor) -> Tensor:
    """Variance over mean of label counts, sigma^2 / mu over the k bins: section 4.2 of the Disguised-Nets paper.

    It grows with the number n of images: one full bin gives n (k - 1) / k. So it compares classes of as many images.

    Args:
        counts: Images by predicted label, ``(..., k)``, at least one a histogram.

    Returns:
        float64 ``(...)``, from 0.
    """
    whole = counts.double()
    return whole.var(-1, correction=0) / whole.mean(-1)


def label_agreement(counts: Tensor) -> Tensor:
    """How often two images of a class get the same label, from 0 (as often as blindly, one in k) to 1.

    Ours, for classes of any size. It is the Fano factor divided by what one full bin gives, less what labels drawn
    blindly give on average, 1/n, which would make small classes seem concentrated; and is computed so that two
    histograms with the same value give the same number to the last bit.

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


def soft_label_agreement(probabilities: Tensor, groups: Tensor) -> Tensor:
    """As ``label_agreement``, from probabilities instead of labels: how sure the model is counts too.

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
