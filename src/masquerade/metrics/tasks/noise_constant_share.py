"""The share of a noise's energy that is the same for every face: 1 hides nothing once a mean is taken off. Ours."""

import numpy as np
import torch
from scipy import stats
from torch import Tensor

from masquerade.encoders.constant_noise import constant_share, of_each_person, share_of
from masquerade.errors import NotMeasurable
from masquerade.metrics.base import Score

_LEVEL = 0.975
_FEWEST = 3
"""People, so that leaving one out leaves two."""


def noise_constant_share(noise: Tensor, people: Tensor) -> Score:
    """``constant_share``, with an interval by the jackknife that leaves out one person at a time (Miller 1974).

    Chance is 0: independent noises around zero.

    Args:
        noise: What was added to each feature map, ``(n, ...)``.
        people: Person of each, int64 ``(n,)``.

    Raises:
        NotMeasurable: If there are fewer than three people, or no noise.
    """
    sums, energy, photos = of_each_person(noise, people)
    k = len(photos)
    if k < _FEWEST or int((energy > 0).sum()) < _FEWEST:
        raise NotMeasurable(
            "the constant share of a noise needs noise on photos of three people or more",
            value=f"{k} people",
            remedy="Take more people, or an amount above 0.",
        )
    value = constant_share(noise, people)
    rest = [torch.arange(k) != left for left in range(k)]
    shares = np.array([share_of(sums[some], energy[some], photos[some]) for some in rest])
    error = np.sqrt((k - 1) / k * np.square(shares - shares.mean()).sum()) * stats.t.ppf(_LEVEL, k - 1)
    low, high = float(max(0.0, value - error)), float(min(1.0, value + error))
    return Score("noise_constant_share", max(0.0, value), 0.0, low, max(low, high), len(noise), k)
