"""Generated people, what they publish, and what a tracker of them sees."""

from collections.abc import Callable, Mapping
from functools import cache

import torch
from torch import Tensor
from torch.nn import functional

from masquerade.attacks.base import Disguising, Labelled, View
from masquerade.metrics.base import Truth

USERS, BYSTANDERS, PUBLIC = 4, 6, 12
SIDE = 16
Cloak = Callable[[int], Disguising]
"""A key's number to the cloak under it."""


@cache
def people(seed: int, count: int, each: int) -> Labelled:
    """Smooth random colour pictures, ``each`` of every person, that resemble those of the same person."""
    draw = torch.Generator().manual_seed(seed)
    faces = torch.rand((count, 3, 4, 4), generator=draw).repeat_interleave(each, 0)
    faces = faces + 0.15 * torch.randn(faces.shape, generator=draw)
    images = 40 + 170 * functional.interpolate(faces, (SIDE, SIDE), mode="bilinear").clip(0, 1)
    return Labelled(images.round(), torch.arange(count).repeat_interleave(each))


def pixels(images: Tensor) -> Tensor:
    """A recogniser of sorts: coarse pixels less their mean, as unit vectors."""
    small = functional.adaptive_avg_pool2d(images.float(), 4).flatten(1)
    return functional.normalize(small - 127)


def bare(key: int) -> Disguising:
    """No cloak."""
    del key
    return lambda images: images.float()


def scrambled(key: int) -> Disguising:
    """Every pixel elsewhere: nothing of the person is left."""
    order = torch.randperm(3 * SIDE * SIDE, generator=torch.Generator().manual_seed(key))
    return lambda images: images.float().flatten(1)[:, order].reshape(images.shape)


def tinted(key: int) -> Disguising:
    """A colour added that the key chooses."""
    colour = 60 * torch.randn((3, 1, 1), generator=torch.Generator().manual_seed(key))
    return lambda images: images.float() + colour


def heavily_tinted(key: int) -> Disguising:
    """Five times as much colour, far beyond what a photo may hold."""
    return lambda images: images.float() + 5 * (tinted(key)(images) - images)


def noisy(key: int) -> Disguising:
    """Fresh noise for every photo."""
    draw = torch.Generator().manual_seed(key)
    return lambda images: (images.float() + 12 * torch.randn(images.shape, generator=draw)).clip(0, 255)


def scene(
    cloak: Cloak, recognisers: Mapping[str, Callable[[Tensor], Tensor]] | None = None
) -> tuple[View, Truth]:
    """All sights of a tracker, and the truth: users publish eight photos each, and are met on four."""
    everyone = people(1, USERS + BYSTANDERS, 12)
    published, later = _parts(everyone, 0, USERS)
    beside, met = _parts(everyone, USERS, USERS + BYSTANDERS)
    released = _worn(cloak, published)
    photos = torch.cat([later.images, _worn(cloak, later), met.images])
    who = torch.cat([later.labels, later.labels, met.labels + USERS])
    worn = (torch.arange(len(who)) >= len(later.labels)) & (torch.arange(len(who)) < 2 * len(later.labels))
    keys = iter(range(1000, 2000))
    view = View(
        released=released,
        labels=published.labels,
        public=people(2, PUBLIC, 6),
        gallery=published,
        bystanders=beside,
        sightings=photos,
        fresh=lambda: cloak(next(keys)),
        own=cloak,
        recognisers={"pixels": pixels} if recognisers is None else recognisers,
    )
    truth = Truth(
        published.images,
        published.labels,
        released=released,
        sighting_identities=who,
        sighting_cloaked=worn,
    )
    return view, truth


def _parts(everyone: Labelled, first: int, last: int) -> tuple[Labelled, Labelled]:
    """Eight photos of each person, and four others; labels from 0."""
    rows = torch.arange(len(everyone.labels))
    mine = (everyone.labels >= first) & (everyone.labels < last)
    known, later = (mine & ((rows % 12 < 8) == early) for early in (True, False))
    labels = everyone.labels - first
    return Labelled(everyone.images[known], labels[known]), Labelled(everyone.images[later], labels[later])


def _worn(cloak: Cloak, photos: Labelled) -> Tensor:
    cloaked = torch.empty_like(photos.images)
    for user in range(USERS):
        cloaked[photos.labels == user] = cloak(user)(photos.images[photos.labels == user])
    return cloaked
