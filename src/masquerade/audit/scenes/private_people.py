"""Private and public people of a study of protected features, disjoint by person (Crafter, section VI-A)."""

from dataclasses import dataclass
from pathlib import Path
from typing import final

import torch
from torch import Tensor

from masquerade.audit.studies.data_spec import DataSpec
from masquerade.audit.studies.enough import require_two_photos
from masquerade.data import celeba, packs, splits
from masquerade.data.celeba import Attributes
from masquerade.data.image_set import ImageSet
from masquerade.errors import StudyError


@final
@dataclass(frozen=True)
class PrivatePeople:
    """A population divided by person, and private people's photos in halves.

    Args:
        train: Photos that private people are known by: evaluators learn from them.
        test: Other photos of the same people: what is protected and attacked.
        public: Everybody else.
        attributes: Of the test photos, row by row; None where none are known.
        public_attributes: Likewise of everybody else's photos.
    """

    train: ImageSet
    test: ImageSet
    public: ImageSet
    attributes: Attributes | None
    public_attributes: Attributes | None


def private_people(everybody: ImageSet, spec: DataSpec, data: Path | None, seed: int) -> PrivatePeople:
    """Divide a population.

    Private are the people that ``celeba.held_back`` names; in other populations those with most photos.

    Args:
        everybody: All photos.
        spec: The study's data section.
        data: The data root given by the user, or None for the environment variable.
        seed: Chooses photos.

    Raises:
        StudyError: If there are too few people.
    """
    people = _private(everybody, spec, data)
    mine = everybody.renumbered(people)
    mask = torch.isin(everybody.labels, people)
    others = torch.ones(len(everybody.names), dtype=torch.bool)
    others[people] = False
    require_two_photos(mine, spec.source)
    kept = _first_of_each(mine.labels, spec.most_images, seed)
    known, held = splits.within_identity(mine.labels[kept], spec.test_share, seed)
    test = kept[held]
    attributes = public_attributes = None
    if spec.source == "celeba":
        every = celeba.attributes(packs.data_root(data), spec.min_images)
        attributes = every.take(mask.nonzero().flatten()[test])
        public_attributes = every.take((~mask).nonzero().flatten())
    public = everybody.renumbered(others.nonzero().flatten())
    return PrivatePeople(mine.take(kept[known]), mine.take(test), public, attributes, public_attributes)


def spread(labels: Tensor, count: int, seed: int) -> Tensor:
    """``count`` rows over as many people as there are, ascending: a first photo of each, a second one, and so on."""
    shuffle = torch.randperm(len(labels), generator=torch.Generator().manual_seed(seed))
    seen: dict[int, int] = {}
    turns = []
    for row in shuffle.tolist():
        person = int(labels[row])
        turns.append((seen.get(person, 0), row))
        seen[person] = seen.get(person, 0) + 1
    return torch.tensor(sorted(row for _, row in sorted(turns)[:count]), dtype=torch.int64)


def _private(everybody: ImageSet, spec: DataSpec, data: Path | None) -> Tensor:
    if len(everybody.names) < spec.private:
        raise StudyError(
            "too few people",
            value=f"{len(everybody.names)}, the study wants {spec.private}",
            place=spec.source,
        )
    if spec.source == "celeba":
        number = {name: k for k, name in enumerate(everybody.names)}
        return torch.tensor([number[n] for n in celeba.held_back(packs.data_root(data), spec.private)])
    counts = torch.bincount(everybody.labels, minlength=len(everybody.names))
    return counts.argsort(descending=True, stable=True)[: spec.private]


def _first_of_each(labels: Tensor, most: int | None, seed: int) -> Tensor:
    """Rows of at most ``most`` photos of each person, by a fixed shuffle, ascending."""
    if most is None:
        return torch.arange(len(labels))
    people = [(labels == person).nonzero().flatten() for person in torch.unique(labels)]
    return torch.cat([rows[spread(labels[rows], most, seed)] for rows in people]).sort().values
