"""Whom to train on: some photos of each person to train on, the others to measure with."""

import torch
from torch import Tensor

from masquerade.data.image_set import ImageSet
from masquerade.data.splits import within_identity
from masquerade.errors import UsageError
from masquerade.training.hyperobf.measuring import People


def provider_people(photos: ImageSet, held_back: float, seed: int, most: int | None = None) -> People:
    """Split the provider's people.

    Args:
        photos: uint8 photos in colour, two of each person or more.
        held_back: Share of each person's photos to measure with, at least one.
        seed: Of what is held back.
        most: People at most, those with the most photos; None for all.

    Raises:
        UsageError: If there are fewer than two people, or somebody has a single photo.
    """
    chosen = photos if most is None else photos.of(_largest(photos.labels, most))
    labels = torch.unique(chosen.labels, return_inverse=True)[1]
    classes = int(labels.max()) + 1 if len(labels) else 0
    if classes < 2:
        raise UsageError(
            "training needs two people or more", value=classes, remedy="Give photos of more people."
        )
    train, held = within_identity(labels, held_back, seed)
    return People(chosen.images[train], labels[train], chosen.images[held], labels[held], classes)


def _largest(labels: Tensor, most: int) -> Tensor:
    """The people with the most photos; of those with equally many the first."""
    return torch.bincount(labels).argsort(descending=True, stable=True)[:most]
