"""Identification: the share of released images whose person or class is named rightly."""

from masquerade.guesses import Guess, Labels
from masquerade.metrics import intervals
from masquerade.metrics.base import Score, Truth
from masquerade.metrics.expecting import expect
from masquerade.metrics.utility import largest_share


def identification(guess: Guess, truth: Truth) -> Score:
    """Share of right labels, 0 to 1.

    Chance is the share of the largest class: whoever knows only who is photographed most names that person
    each time. It is 1/k if the classes are of equal size, and more otherwise.

    Raises:
        NotMeasurable: If the guess holds no labels.
    """
    labels = expect(guess, Labels, "identification").labels
    hits = (labels == truth.identities).double()
    low, high = intervals.share(hits.numpy(), truth.clusters)
    chance = largest_share(truth.identities)
    people = intervals.distinct(truth.clusters)
    return Score("identification", float(hits.mean()), chance, low, high, len(hits), people)
