"""Public photos that an attacker protects himself: what he learns from, and rehearses on, before he attacks."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from torch import Tensor

from masquerade.attacks.base import Labelled, View
from masquerade.errors import NotApplicable

_FEWEST: Final = 8
_SEVERAL: Final = 5
"""Photos of a person beyond which more do not matter."""


@dataclass(frozen=True)
class OwnPairs:
    """Photos and what a protection made of them, row by row.

    Args:
        photos: Photos with their people, n of them.
        protected: ``(n, c', h', w')``, float32.
        numbers: Number of each photo: the same under every key, int64 ``(n,)``.
        keys: Number of the key that each was protected under, int64 ``(n,)``.
    """

    photos: Labelled
    protected: Tensor
    numbers: Tensor
    keys: Tensor

    def take(self, rows: Tensor) -> "OwnPairs":
        """Those at some rows."""
        return OwnPairs(self.photos.take(rows), self.protected[rows], self.numbers[rows], self.keys[rows])

    @property
    def to_learn(self) -> Tensor:
        """What is learned from, bool ``(n,)``: two photos of three, under all keys but the last of several."""
        return (self.numbers % 3 != 0) & ((self.keys < self.keys.max()) | (self.keys.max() == 0))

    @property
    def to_rehearse(self) -> Tensor:
        """What a rehearsal is held on, bool ``(n,)``: the other photos, under the last key."""
        return (self.numbers % 3 == 0) & (self.keys == self.keys.max())


def photos_known(view: View, most: int, rng: np.random.Generator, *, several: bool = False) -> Labelled:
    """Photos of other people to practise on, ``most`` of them at most; with ``several`` of those with most photos.

    Raises:
        NotApplicable: If the attacker knows fewer than eight.
    """
    public = view.public
    if public is None or len(public.images) < _FEWEST:
        raise NotApplicable(
            "the attacker knows too few other photos to practise on",
            value=0 if public is None else len(public.images),
            place="public",
            remedy="Leave more people to the attacker, or name another population in `auxiliary`.",
        )
    rows = torch.from_numpy(rng.permutation(len(public.images)))
    if several:  # people with most photos first, in the drawn order
        counts = torch.bincount(public.labels)[public.labels[rows]].clamp_max(_SEVERAL)
        rows = rows[counts.argsort(descending=True, stable=True)]
    rows = rows[:most]
    return public.take(rows)


def few_of_each(known: Labelled, most: int) -> Labelled:
    """At most so many photos of each person, the first ones."""
    rows = torch.cat(
        [(known.labels == person).nonzero().flatten()[:most] for person in torch.unique(known.labels)]
    )
    return known.take(rows)


def under_own_keys(view: View, keys: int, most: int, rng: np.random.Generator) -> OwnPairs:
    """Public photos under so many keys of the attacker's own, the same photos under each.

    Raises:
        NotApplicable: If the attacker knows too few photos, or the protection has no key that others could draw.
    """
    assert view.fresh is not None  # noqa: S101  (the sealed caller checked it)
    photos = photos_known(view, most, rng)
    return _pairs(photos, [view.fresh() for _ in range(keys)])


def answered(view: View, most: int, rng: np.random.Generator) -> OwnPairs:
    """Public photos and what the owner's own protection answers to them.

    Raises:
        NotApplicable: If the attacker knows too few photos.
    """
    assert view.query is not None  # noqa: S101  (the sealed caller checked it)
    return _pairs(photos_known(view, most, rng), [view.query])


def _pairs(photos: Labelled, protections: list[Callable[[Tensor], Tensor]]) -> OwnPairs:
    protected = [protect(photos.images).float() for protect in protections]
    n, times = len(photos.images), len(protections)
    numbers = torch.arange(n).repeat(times)
    keys = torch.arange(times).repeat_interleave(n)
    return OwnPairs(photos.take(numbers), torch.cat(protected), numbers, keys)
