"""Identification: the share of released images whose person or class is named rightly."""

import torch

from masquerade.guesses import Guess, Labels
from masquerade.metrics.base import Score, Truth
from masquerade.metrics.by_person import share_by_person, weights
from masquerade.metrics.expecting import expect


def identification(guess: Guess, truth: Truth) -> Score:
    """Share of right labels, 0 to 1; the mean over people, or over images where each is somebody else's.

    Chance is what naming the same class each time gets at best: 1/k over k people; over images the share of the
    largest class.

    Raises:
        NotMeasurable: If the guess holds no labels.
    """
    labels = expect(guess, Labels, "identification").labels
    hits = (labels == truth.identities).double()
    weight = torch.from_numpy(weights(truth.clusters))
    chance = float(torch.bincount(truth.identities, weight).max())
    return share_by_person("identification", hits.numpy(), truth.clusters, chance)
