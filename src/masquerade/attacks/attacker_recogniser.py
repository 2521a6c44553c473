"""A recogniser that an attacker trains on people of their own, to compare the owner's people by its vectors."""

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from masquerade.attacks.attacker_classifier import OptionValue, TrainingBudget
from masquerade.attacks.base import Disguising, Labelled, Ranking
from masquerade.errors import NotApplicable
from masquerade.networks import Network
from masquerade.training import fit

RECNET: Mapping[str, OptionValue] = {"width": 192, "depth": 1, "heads": 3, "pool": "mean"}
"""A recogniser of the same kind as the cloud's, at a laptop's size."""


def learn(
    people: Labelled, budget: TrainingBudget, rng: np.random.Generator, disguise: Disguising | None = None
) -> Network:
    """Train a recogniser on labelled people; ``disguise`` is applied to each batch, say under a fresh key.

    Raises:
        NotApplicable: If there are fewer than two people.
    """
    labels = numbered(people.labels)
    return fit(people.images, labels, budget.settings(), int(labels.max()) + 1, rng, transform=disguise)


def numbered(labels: Tensor) -> Tensor:
    """Labels renumbered from 0 without gaps.

    Raises:
        NotApplicable: If there are fewer than two people.
    """
    known, dense = torch.unique(labels, return_inverse=True)
    if len(known) < 2:
        raise NotApplicable(
            "an attacker who trains needs two people or more of their own", value=f"{len(known)}"
        )
    numbers: Tensor = dense
    return numbers


def by_cosine(released: Tensor, candidates: Tensor) -> Ranking:
    """Candidates ranked by the cosine of their recognition vectors, ``(m, e)``, with ``(n, e)`` released ones."""
    return Ranking(functional.normalize(released.float()) @ functional.normalize(candidates.float()).T)


def require_alike(released: Tensor, candidates: Tensor) -> None:
    """Refuse to compare released images with candidates of another shape.

    Raises:
        NotApplicable: If the shapes differ.
    """
    if released.shape[1:] != candidates.shape[1:]:
        raise NotApplicable(
            "what was released cannot be laid beside clean images of another shape",
            value=f"{tuple(released.shape[1:])} and {tuple(candidates.shape[1:])}",
            remedy="Run an attack that learns from what was released.",
        )
