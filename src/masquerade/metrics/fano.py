"""The Fano factor of a histogram of predicted labels, scaled so that classes of any size compare."""

from math import log

import torch
from torch import Tensor


def fano_factor(counts: Tensor) -> Tensor:
    """Variance over mean of counts, divided by the largest value that it can take.

    The Disguised-Nets paper (section 4.2) takes sigma^2 / mu over the k bins of a class's histogram. That
    grows with the number n of images: one full bin gives n (k - 1) / k. Dividing by this gives 1 for images
    that all get one label, whatever n and k. Labels drawn blindly then give 1/n on average, which would make
    small classes seem concentrated; so that part is taken out, and blind labels give 0 on average.

    Args:
        counts: Images by predicted label, ``(..., k)``, at least one an histogram.

    Returns:
        float64 ``(...)``, -1/(n - 1) to 1; 1 for a histogram of one image.
    """
    k = counts.shape[-1]
    n = counts.double().sum(-1)
    variance: Tensor = counts.double().var(-1, correction=0)
    scaled = variance / (n / k) / (n * (k - 1) / k)
    compared: Tensor = torch.where(
        n > 1, (scaled - 1 / n) / (1 - 1 / n).clamp_min(1e-12), torch.ones(()).double()
    )
    return compared


def entropy(counts: Tensor) -> Tensor:
    """Shannon entropy of histograms ``(..., k)`` in bits, float64 ``(...)``."""
    share = counts.double() / counts.double().sum(-1, keepdim=True)
    return -torch.xlogy(share, share).sum(-1) / log(2)
