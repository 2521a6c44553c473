"""What a cloak does to a photo that people look at: structural similarity and mean change."""

import numpy as np
from torch import Tensor

from masquerade.metrics import intervals
from masquerade.metrics.base import Score
from masquerade.metrics.pictures.ssim import similarity

WORST = 0.05
"""Share of the photos that may look worse than the worst similarity reported."""


def cloak_quality(cloaked: Tensor, originals: Tensor, identities: Tensor) -> dict[str, Score]:
    """How near cloaked photos are to the photos.

    Args:
        cloaked: ``(n, c, h, w)``, values 0 to 255.
        originals: The photos, ``(n, c, h, w)``, 0 to 255.
        identities: Person of each, int64 ``(n,)``.

    Returns:
        Scores by name: ``cloak_ssim`` (mean over photos), ``cloak_ssim_worst`` (what 95 % of the photos reach)
        and ``cloak_change`` (mean absolute change in grey levels). Their chance is what untouched photos have.
    """
    similar = similarity(cloaked, originals.float()).numpy()
    change = (cloaked - originals.float()).abs().flatten(1).mean(1).double().numpy()
    worst = float(np.quantile(similar, WORST))
    people = intervals.distinct(identities)
    n = len(similar)
    low, high = intervals.mean(similar, identities, (-1.0, 1.0))
    least, most = intervals.mean(change, identities, (0.0, 255.0))
    return {
        "cloak_ssim": Score("cloak_ssim", float(similar.mean()), 1.0, low, high, n, people),
        "cloak_ssim_worst": Score("cloak_ssim_worst", worst, 1.0, worst, worst, n, people),
        "cloak_change": Score("cloak_change", float(change.mean()), 0.0, least, most, n, people),
    }
