"""Who is tracked, in a study of cloaks: users who publish photos, bystanders, and photos met later."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, final

import torch
from torch import Tensor

from masquerade.audit.studies.data_spec import DataSpec
from masquerade.data import splits
from masquerade.data.image_set import ImageSet
from masquerade.errors import StudyError

_LATER_OF_USER: Final = 5
_LATER_OF_BYSTANDER: Final = 3
"""Photos of each that are kept back to be met later, at least."""


@final
@dataclass(frozen=True)
class Bystanders:
    """Other people that a tracker knows.

    Args:
        known: Photos that it is trained on.
        later: Other photos of the same people, met later; labels as in ``known``.
    """

    known: ImageSet
    later: ImageSet

    def through(self, encode: Callable[[ImageSet], ImageSet]) -> "Bystanders":
        """The same people, every image changed."""
        return Bystanders(encode(self.known), encode(self.later))


@final
@dataclass(frozen=True)
class TrackedPeople:
    """A population divided by person (the thesis's section 5.1: one user, and 50 other people).

    Args:
        published: Photos that tracked users publish, at most ``DataSpec.published`` each.
        later: Their other photos.
        bystanders: The other people of every tracker.
        public: People that the attacker may learn from.
    """

    published: ImageSet
    later: ImageSet
    bystanders: Bystanders
    public: ImageSet


def divided(everybody: ImageSet, spec: DataSpec, seed: int) -> TrackedPeople:
    """Divide photos for a study of cloaks.

    Args:
        everybody: All photos of people with ``public_min_images`` or more.
        spec: The study's data section.
        seed: Chooses people and photos.

    Raises:
        StudyError: If people with enough photos are too few.
    """
    counts = torch.bincount(everybody.labels)
    many = (counts >= spec.min_images).nonzero().flatten()
    users = _chosen(many, spec.tracked, seed, f"people with {spec.min_images} photos")
    free = ~torch.isin(torch.arange(len(counts)), users)
    some = ((counts >= spec.bystander_min_images) & free).nonzero().flatten()
    beside = _chosen(some, spec.bystanders, seed, f"others with {spec.bystander_min_images} photos")
    most = spec.public_most_images or spec.bystander_min_images - 1
    free &= ~torch.isin(torch.arange(len(counts)), beside)
    public = ((counts >= spec.fewest_public) & (counts <= most) & free).nonzero().flatten()
    published, later = _parts(everybody.renumbered(users), spec.published, _LATER_OF_USER, seed)
    known, met = _parts(everybody.renumbered(beside), spec.published, _LATER_OF_BYSTANDER, seed)
    return TrackedPeople(published, later, Bystanders(known, met), everybody.renumbered(public))


def _chosen(people: Tensor, count: int, seed: int, who: str) -> Tensor:
    if len(people) < count:
        raise StudyError(f"too few {who}", value=f"{len(people)}, the study wants {count}", place="data")
    return people[splits.by_identity(people, {"chosen": count}, seed)["chosen"]]


def _parts(people: ImageSet, most: int, kept: int, seed: int) -> tuple[ImageSet, ImageSet]:
    """At most ``most`` photos of each person, and the others, at least ``kept``."""
    shuffle = torch.Generator().manual_seed(seed)
    first, rest = [], []
    for person in range(len(people.names)):
        rows = (people.labels == person).nonzero().flatten()
        rows = rows[torch.randperm(len(rows), generator=shuffle)]
        share = min(most, len(rows) - kept)
        first.append(rows[:share])
        rest.append(rows[share:])
    return people.take(torch.cat(first)), people.take(torch.cat(rest))
