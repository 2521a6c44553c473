"""Built-in faces of 40 people: half of some people's photos released under labels of no meaning, the others known."""

from dataclasses import dataclass
from functools import cache

import numpy as np
import torch
from torch import Tensor

from attack_examples import disguised, faces
from masquerade.attacks.base import Labelled, Labels, Pairs, View
from masquerade.attacks.people.class_matching import ClassMatching
from masquerade.disguises import BlockMatrix, Chain, Disguise

PEOPLE = 24
"""People in the release; the other 16 are not in it."""
ORTHOGONAL = Chain((BlockMatrix(4, variant="block"),))
QUICK = ClassMatching(restarts=8, proposals=1_000_000)


@dataclass(frozen=True)
class Release:
    """What is released, and who is on it, row by row; and what the attacker knows."""

    originals: Tensor
    people: Tensor
    gallery: Labelled
    others: Labelled

    @property
    def labels(self) -> Tensor:
        """Random integers for people."""
        return torch.randperm(PEOPLE, generator=torch.Generator().manual_seed(3))[self.people]

    def view(self, released: Tensor, labels: Tensor | None = None, **more: object) -> View:
        """What the attacker sees."""
        seen = self.labels if labels is None else labels
        return View(released, labels=seen, **{"gallery": self.gallery, **more})  # type: ignore[arg-type]

    def under(self, disguise: Disguise, secret: int = 1, **more: object) -> View:
        """The view of a release under one key, with its recipe."""
        released = disguised(self.originals, disguise, secret)
        return self.view(released, recipe=disguise.describe(), **more)

    def with_decoys(self) -> Labelled:
        """The gallery, with people who are not in the release."""
        images = torch.cat([self.gallery.images, self.others.images])
        return Labelled(images, torch.cat([self.gallery.labels, self.others.labels]))

    def named(self, view: View, attack: ClassMatching = QUICK, seed: int = 0) -> float:
        """Share of released photos whose person is named."""
        guess = attack(view, np.random.default_rng(seed))
        assert isinstance(guess, Labels)
        return float((guess.labels == self.people).double().mean())


@cache
def release() -> Release:
    """Five photos of each of the people, five others, and the others' people."""
    images, people = faces().float(), torch.arange(400) // 10
    inside, first = people < PEOPLE, torch.arange(400) % 2 == 0
    gallery = Labelled(images[inside & ~first], people[inside & ~first])
    return Release(
        images[inside & first], people[inside & first], gallery, Labelled(images[~inside], people[~inside])
    )


def rotated(rows: Tensor, secret: int = 0) -> Tensor:
    """Images as vectors under one secret rotation: a structure that no recipe describes."""
    rng = np.random.default_rng(secret)
    width = rows[0].numel()
    rotation = torch.from_numpy(np.linalg.qr(rng.normal(size=(width, width)))[0]).float()
    return ((rows - 128).flatten(1) @ rotation).view(rows.shape)


def pairs(count: int, secret: int = 0) -> Pairs:
    """Photos of people who are in no release, with what the same secret rotation makes of them."""
    leaked = release().others.images[:: len(release().others.images) // count][:count]
    return Pairs(leaked, rotated(leaked, secret))
