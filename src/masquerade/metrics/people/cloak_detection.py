"""How well cloaked photos are told from photos as they were taken."""

from dataclasses import replace

from masquerade.guesses import Guess
from masquerade.metrics.base import Score, Truth
from masquerade.metrics.expecting import known
from masquerade.metrics.people.membership import membership_auc


def detection(guess: Guess, truth: Truth) -> Score:
    """As ``cloak_detection``, of protections that do not mean to stay unseen: a fact, no leak.

    Raises:
        NotMeasurable: As there.
    """
    return replace(cloak_detection(guess, truth), name="detection")


def cloak_detection(guess: Guess, truth: Truth) -> Score:
    """Area under the ROC curve of a score for each photo met later, larger where a cloak is suspected.

    Chance is 0.5; see ``membership_auc``.

    Raises:
        NotMeasurable: If the guess holds no such scores, or no photo is cloaked, or all are.
    """
    cloaked = known(truth.sighting_cloaked, "sighting_cloaked", "cloak_detection")
    people = known(truth.sighting_identities, "sighting_identities", "cloak_detection")
    right = replace(truth, members=cloaked, candidate_identities=people)
    return membership_auc(guess, right, "cloak_detection")
