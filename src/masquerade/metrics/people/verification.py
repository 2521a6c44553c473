"""Verification: are two photos of the same person, at a bounded rate of false accepts."""

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from masquerade.errors import NotMeasurable
from masquerade.metrics import intervals
from masquerade.metrics.base import Score

FEWEST_FALSE_ACCEPTS = 10
"""A rate below this many of the impostor pairs cannot be measured with them."""


def tar_at_far(embeddings: Tensor, identities: Tensor, far: float) -> Score:
    """True accept rate at a false accept rate, over all pairs of photos, by cosine.

    Args:
        embeddings: Recognition vectors, ``(n, e)``.
        identities: Person of each, int64 ``(n,)``.
        far: The false accept rate, above 0 and below 1.

    Returns:
        Share of the genuine pairs at or above the threshold that ``far`` of the impostor pairs reach; its
        chance is ``far``. The interval resamples people; the threshold is held.

    Raises:
        NotMeasurable: If there are too few impostor pairs for that rate, or no genuine pair.
    """
    unit = functional.normalize(embeddings.flatten(1).float(), dim=1)
    first, second = torch.triu_indices(len(unit), len(unit), 1)
    genuine = identities[first] == identities[second]
    impostors = int((~genuine).sum())
    if impostors * far < FEWEST_FALSE_ACCEPTS or not bool(genuine.any()):
        raise NotMeasurable(
            "too few pairs for this false accept rate",
            value=f"{impostors} impostor and {int(genuine.sum())} genuine pairs at {far:g}",
            remedy="Take more photos, or a larger rate.",
        )
    similarity = (unit @ unit.T)[first, second].double().numpy()
    different = np.sort(similarity[~genuine.numpy()])[::-1]
    threshold = different[int(impostors * far) - 1]
    hits = similarity[genuine.numpy()] >= threshold
    people = identities[first][genuine]
    low, high = intervals.share(hits.astype(float), people)
    return Score(
        f"tar_at_far_{far:g}", float(hits.mean()), far, low, high, len(hits), intervals.distinct(people)
    )
