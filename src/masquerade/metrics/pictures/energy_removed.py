"""How much of a cloak a restoration takes away."""

import numpy as np

from masquerade.errors import NotApplicable
from masquerade.guesses import Guess, Reconstruction
from masquerade.metrics import intervals
from masquerade.metrics.base import Score, Truth
from masquerade.metrics.expecting import expect, known
from masquerade.metrics.pairing import matched


def energy_removed(guess: Guess, truth: Truth) -> Score:
    """1 - |restored - original|^2 / |cloaked - original|^2 over a person's photos; mean over people.

    1 is a cloak taken off without a trace, 0 one left as it is, and below 0 the photos became worse. Chance
    is 0: doing nothing. People whose photos the cloak left as they were are not counted.

    Raises:
        NotMeasurable: If the guess is no reconstruction, or what was released is no photo.
        NotApplicable: If no cloak changed a photo.
    """
    restored = matched(expect(guess, Reconstruction, "energy_removed"), truth).double()
    released = known(truth.released, "released", "energy_removed").double()
    originals = truth.originals.double()
    left = (restored - originals).square().flatten(1).sum(1)
    worn = (released - originals).square().flatten(1).sum(1)
    after, _ = intervals.totals(left.numpy(), truth.clusters)
    before, _ = intervals.totals(worn.numpy(), truth.clusters)
    changed = before > 0
    if not changed.any():
        raise NotApplicable("no cloak to take off", remedy="Run the attack on an arm that cloaks.")
    shares = 1 - after[changed] / before[changed]
    low, high = intervals.mean(shares, np.arange(len(shares)), (min(-1.0, float(shares.min())), 1.0))
    return Score("energy_removed", float(shares.mean()), 0.0, low, high, len(restored), len(shares))
