"""Small scenes of people under random labels, whose other photos the attacker has."""

import torch

from class_matching_examples import ORTHOGONAL, PEOPLE, release
from masquerade.metrics.base import Truth
from masquerade.testing import AttackCase


def named_by_means() -> AttackCase:
    """Five photos of each of 24 people under an orthogonal key, and five others of each."""
    here = release()
    return AttackCase(here.under(ORTHOGONAL), Truth(here.originals, here.people), "identification", 0.8)


def people_inside() -> AttackCase:
    """The same, where 16 people of the gallery are not in the release."""
    here, people = release(), torch.arange(40)
    truth = Truth(here.originals, here.people, members=people < PEOPLE, candidate_identities=people)
    return AttackCase(here.under(ORTHOGONAL, gallery=here.with_decoys()), truth, "class_membership", 0.8)
