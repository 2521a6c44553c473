"""Attack A3 on features: the same photos asked for again and again, and averaged (Crafter, section VI-C)."""

from dataclasses import dataclass, field, replace
from typing import ClassVar, final

import numpy as np
import torch
from scipy.optimize import linear_sum_assignment
from torch import Tensor

from masquerade.attacks.base import Attack, Control, Guess, Sight, View
from masquerade.attacks.features.decoder import FeatureDecoding
from masquerade.attacks.structure import FEATURES


@final
@dataclass(frozen=True)
class AveragedRepeats(Attack):
    """Averages released features over queries, then runs another attack on the means.

    Args:
        then: That attack.
        queries: Further queries.
        match: Whether rows are matched across queries by the Hungarian method on the features' distance, which
            undoes a shuffled order; the paper averages rows as they come.
    """

    name: ClassVar[str] = "averaged_repeats"
    needs: ClassVar[frozenset[Sight]] = frozenset({Sight.REPEATS, Sight.PUBLIC, Sight.SPLIT})
    reads: ClassVar[frozenset[str]] = FEATURES
    control: ClassVar[Control] = Control(
        "crafter-none",
        "feature_cosine",
        0.18,
        "without protection the mean is the feature itself, as feature_decoding",
    )

    then: Attack = field(default_factory=FeatureDecoding)
    queries: int = 4
    match: bool = False

    def run(self, view: View, rng: np.random.Generator) -> Guess:
        """What the other attack makes of the means."""
        assert view.repeats is not None  # noqa: S101  (the sealed caller checked it)
        first = view.released.float()
        again = [matched_rows(first, rows) if self.match else rows for rows in view.repeats(self.queries)]
        return self.then(replace(view, released=torch.stack([first, *again]).mean(0)), rng)


def matched_rows(first: Tensor, again: Tensor) -> Tensor:
    """Rows of another query in the order of the first, so that the sum of distances is least."""
    _, order = linear_sum_assignment(torch.cdist(first.flatten(1), again.flatten(1)).numpy())
    return again[torch.from_numpy(order)]
