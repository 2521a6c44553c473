"""Membership: how well scores tell candidates (or classes) that are in the data from those that are not."""

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from masquerade.errors import NotMeasurable
from masquerade.guesses import Guess, Membership, Ranking
from masquerade.metrics import intervals
from masquerade.metrics.base import Score, Truth
from masquerade.metrics.by_person import share_by_person, weights
from masquerade.metrics.expecting import known

Floats = NDArray[np.float64]


def membership_auc(guess: Guess, truth: Truth, name: str = "membership_auc") -> Score:
    """Area under the ROC curve, 0 to 1; chance 0.5; ties count half; every person has the same weight.

    A ranking becomes membership scores by the largest similarity of each candidate to any released image. The
    interval takes the variance of the placement values summed by identity (Obuchowski 1997) and widens it to
    Clopper-Pearson at the smaller number of identities where too few of them are placed wrongly.

    Raises:
        NotMeasurable: If the guess holds no such scores, or members or non-members are missing.
    """
    inside, outside, people_in, people_out = _split(guess, truth, name)
    weight_in, weight_out = weights(people_in), weights(people_out)
    below = _beaten(inside, outside, weight_out)
    above = 1 - _beaten(outside, inside, weight_in)
    value = round(float(below @ weight_in), 12)  # weights of people add up to 1 but for rounding
    people = np.concatenate([people_in, people_out])
    influence = np.concatenate([(below - value) * weight_in, (above - value) * weight_out])
    sums, _ = intervals.totals(influence, people)
    groups = len(sums)
    variance = np.square(sums).sum() * groups / max(groups - 1, 1)
    placements = np.concatenate([below, above])
    low, high = intervals.beta_interval(
        np.array([value]),
        np.array([variance]),
        n=float(len(people)),
        groups=groups,
        floor=float(min(intervals.distinct(people_in), intervals.distinct(people_out))),
        rarer=np.array([min(_people(people, placements > 0), _people(people, placements < 1))]),
    )
    same = _apart(np.array([value]), influence, min(len(inside), len(outside)))
    return Score(name, value, 0.5, float(low[0]), float(high[0]), len(people), groups, *same)


def _beaten(scores: Floats, others: Floats, weight: Floats) -> Floats:
    """For each score the weight of the others below it; ties count half, ``(n,)``."""
    order = np.argsort(others)
    summed = np.concatenate([[0.0], np.cumsum(weight[order])])
    summed[-1] = 1.0
    low = np.searchsorted(others[order], scores, "left")
    high = np.searchsorted(others[order], scores, "right")
    beaten: Floats = (summed[low] + summed[high]) / 2
    return beaten


def _apart(value: Floats, influence: Floats, fewer: int) -> tuple[float, float]:
    """The interval for these people: every photo is a trial of its own."""
    n = len(influence)
    variance = np.array([np.square(influence).sum() * n / max(n - 1, 1)])
    few = np.array([fewer])
    low, high = intervals.beta_interval(value, variance, n=float(n), groups=n, floor=float(fewer), rarer=few)
    return float(low[0]), float(high[0])


def tpr_at_fpr(guess: Guess, truth: Truth, fpr: float, name: str) -> Score:
    """Share of members found when at most a share ``fpr`` of non-members is taken for members.

    The threshold is the smallest score that so few non-members exceed. The interval is that of the share of
    members; the threshold is taken as given. Chance is ``fpr``.

    Raises:
        NotMeasurable: If there are fewer than 1/fpr non-members, so that the rate cannot be seen at this n.
    """
    inside, outside, people, _ = _split(guess, truth, name)
    if len(outside) * fpr < 1 - 1e-9:
        raise NotMeasurable(
            f"{name} is not measurable at this n",
            value=f"{len(outside)} non-members",
            remedy=f"Show the attack {round(1 / fpr)} candidates or more that are not in the data.",
        )
    allowed = int(len(outside) * fpr + 1e-9)
    threshold = np.sort(outside)[::-1][min(allowed, len(outside) - 1)]
    hits = inside > threshold
    return share_by_person(name, hits, people, fpr)


def tpr_at_1_percent(guess: Guess, truth: Truth) -> Score:
    """``tpr_at_fpr`` at 1 % of non-members."""
    return tpr_at_fpr(guess, truth, 0.01, "membership_tpr_1_percent")


def tpr_at_tenth_percent(guess: Guess, truth: Truth) -> Score:
    """``tpr_at_fpr`` at 0.1 % of non-members."""
    return tpr_at_fpr(guess, truth, 0.001, "membership_tpr")


def _people(people: NDArray[np.int64], where: NDArray[np.bool_]) -> int:
    return intervals.distinct(people[where])


def _split(
    guess: Guess, truth: Truth, name: str
) -> tuple[Floats, Floats, NDArray[np.int64], NDArray[np.int64]]:
    """Scores of members and of non-members, and the people of each."""
    scores = _scores(guess, name).double().numpy()
    members = known(truth.members, "members", name).numpy()
    people = known(truth.candidate_identities, "candidate_identities", name).numpy()
    if len(scores) != len(members) or not members.any() or members.all():
        raise NotMeasurable(
            f"{name} needs a score for each candidate, members and non-members both",
            value=f"{len(scores)} scores, {members.sum()} members of {len(members)}",
            remedy="Show the attack candidates of both kinds.",
        )
    return scores[members], scores[~members], people[members], people[~members]


def _scores(guess: Guess, name: str) -> Tensor:
    match guess:
        case Membership(scores=scores):
            return scores
        case Ranking(similarity=similarity):
            return similarity.amax(0)
        case _:
            raise NotMeasurable(
                f"{name} measures membership scores and rankings",
                value=type(guess).__name__,
                remedy="Choose a metric that fits the attack in the study file.",
            )
