"""Class membership: how well scores tell classes that were trained on from classes that were not."""

from collections.abc import Sequence

import numpy as np
from scipy import stats

from masquerade.guesses import Guess, Membership
from masquerade.metrics.base import Score, Truth
from masquerade.metrics.expecting import expect
from masquerade.metrics.people.membership import membership_auc


def class_membership(guess: Guess, truth: Truth) -> Score:
    """Area under the ROC curve over probed classes, 0 to 1; chance 0.5. Each class is one trial.

    Raises:
        NotMeasurable: If the guess holds no scores, or no class is in (or out of) the training data.
    """
    return membership_auc(expect(guess, Membership, "class_membership"), truth, name="class_membership")


def welch_p_value(inside: Sequence[float], outside: Sequence[float]) -> float:
    """Two-sided p-value of Welch's t-test that two groups have the same mean (paper's figures 10 and 11).

    1 if a group has fewer than two values, or all values are the same; 0 if only the groups differ.
    """
    a, b = np.asarray(inside, dtype=np.float64), np.asarray(outside, dtype=np.float64)
    if min(len(a), len(b)) < 2:
        return 1.0
    if np.ptp(a) == 0 and np.ptp(b) == 0:
        return 1.0 if a[0] == b[0] else 0.0
    moments = (a.mean(), a.std(ddof=1), len(a), b.mean(), b.std(ddof=1), len(b))
    return float(stats.ttest_ind_from_stats(*moments, equal_var=False).pvalue)
