"""How far an attack's reconstructions are from the faces of a prior, as a score (Crafter, definition 2, figure 10)."""

import torch
from torch import Tensor

from masquerade.guesses import Guess, Reconstruction
from masquerade.metrics import intervals
from masquerade.metrics.base import Score, Truth
from masquerade.metrics.expecting import expect, known
from masquerade.metrics.pictures.perceptual_indistinguishability import (
    SAMPLES,
    perceptual_indistinguishability,
)

_SEED = 0


def epsilon_pii(guess: Guess, truth: Truth) -> Score:
    """Earth mover's distance of reconstructions to the prior's faces; compare at the same number of photos alone.

    Chance is the distance of as many of the prior's faces to others of them, which is never 0. The interval spans the
    distances to the prior's two halves, and so shows what sampling the prior does; it is not by person.

    Raises:
        NotMeasurable: If the guess is no reconstruction, or there are too few faces of a prior.
        StudyError: If the package POT is not installed.
    """
    images = expect(guess, Reconstruction, "epsilon_pii").images
    prior = known(truth.prior, "prior", "epsilon_pii")
    order = torch.randperm(len(images), generator=torch.Generator().manual_seed(_SEED))
    found = perceptual_indistinguishability(images[order], prior, _samples(images, prior))
    half = found.spread / 2
    people = intervals.distinct(truth.clusters)
    return Score(
        "epsilon_pii",
        found.epsilon,
        found.floor,
        found.epsilon - half,
        found.epsilon + half,
        found.samples,
        people,
    )


def _samples(images: Tensor, prior: Tensor) -> int:
    return max(1, min(SAMPLES, len(images), len(prior) // 2))
