"""Who is in it, by whatever vectors there are: other photos of the people, brought to the same space.

What is released is taken as it is, as a vector. The attacker brings named photos to that space in every way that is
open to him: as they are, under a key of his own (which is the owner's protection itself where it has no key), by what
the owner's own protection answers, and all of these by their invariants. Directions that differ within people count
less, as public people show, and a rehearsal among them decides which way is used.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import ClassVar, Final, final

import numpy as np
import torch
from torch import Tensor

from masquerade.attacks.base import Attack, Control, Guess, Labels, Sight, View
from masquerade.attacks.generic.invariants import bank
from masquerade.attacks.naming import by_best, rightly_named
from masquerade.attacks.own_pairs import few_of_each, photos_known
from masquerade.attacks.principal import leading_axes
from masquerade.attacks.solving import inverse_root
from masquerade.errors import NotApplicable

BEST: Final = 3
"""Cosines of a person that are averaged."""
SIZES: Final = (50, 150)
"""Principal components that are tried."""
_RIDGE: Final = 0.1
"""Share of the mean variance within people that is added to each direction's own."""


@final
@dataclass(frozen=True)
class VectorIdentity(Attack):
    """Names people by the nearest other photos of them, in the space of what is released.

    Args:
        keys: Keys of the attacker's own; with fewer than 2 nothing is protected by himself.
        photos: Public photos at most that directions are learned from, and rehearsed on.
        gallery: Photos of a person at most that people are known by.
        numbers: Numbers that are protected in all at most; larger photos are fewer.
    """

    name: ClassVar[str] = "vector_identity"
    needs: ClassVar[frozenset[Sight]] = frozenset({Sight.GALLERY, Sight.PUBLIC})
    wants: ClassVar[frozenset[Sight]] = frozenset({Sight.FRESH})
    control: ClassVar[Control] = Control(
        "none", "identification", 0.15, "ours: pixels alone tell people apart"
    )

    keys: int = 2
    photos: int = 500
    gallery: int = 1000
    numbers: int = 8_000_000

    def run(self, view: View, rng: np.random.Generator) -> Guess:
        """A person for each released image."""
        assert view.gallery is not None  # noqa: S101  (the sealed caller checked it)
        size = max(1, view.released[0].numel())
        public = photos_known(view, min(self.photos, max(100, self.numbers // size)), rng, several=True)
        gallery = few_of_each(view.gallery, self.gallery)
        ways = list(_ways(view, gallery.images, public.images, self.keys > 1))
        if not ways:
            raise NotApplicable(
                "what is released has another shape than photos, and nobody else can make such"
            )
        best = max((_Way.of(*way, public.labels) for way in ways), key=lambda way: way.rehearsed)
        return Labels(best.named(gallery.labels))


Sides = tuple[Tensor, Tensor, Tensor, Tensor]
"""Released and named images as vectors, public ones as released and as named ones are: ``(n, f)`` each."""


def _ways(view: View, gallery: Tensor, public: Tensor, own: bool) -> Iterator[Sides]:
    released = view.released.float()
    protects: list[Callable[[Tensor], Tensor]] = []
    if view.query is not None:
        answers = view.query(public).float()
        yield from _both(released, view.query(gallery).float(), answers, answers)
        protects = [view.query]
    elif view.fresh is not None and own:
        with suppress(NotApplicable):  # trained noise has no key
            ours, theirs = view.fresh(), view.fresh()
            protects = [ours]
            yield from _both(released, theirs(gallery).float(), ours(public).float(), theirs(public).float())
    if released.shape[1:] == gallery.shape[1:]:
        seen = protects[0](public).float() if protects else public
        yield from _both(released, gallery, seen, public)


def _both(*sides: Tensor) -> Iterator[Sides]:
    """The four sides as they are, and by their invariants."""
    released, gallery, seen, known = (side.flatten(1) for side in sides)
    yield released, gallery, seen, known
    a, b, c, d = (torch.cat([_standard(kind) for kind in bank(side)], 1) for side in sides)
    yield a, b, c, d


@dataclass(frozen=True)
class _Way:
    """One way to compare, and how it did on public people that it was not learned from."""

    released: Tensor
    gallery: Tensor
    rehearsed: float

    @classmethod
    def of(cls, released: Tensor, gallery: Tensor, seen: Tensor, known: Tensor, labels: Tensor) -> "_Way":
        people, numbers = torch.unique(labels, return_inverse=True)
        learned = numbers % 2 == 0 if len(people) > 3 else torch.ones(len(numbers), dtype=torch.bool)
        tested = ~learned if len(people) > 3 else learned
        # each side by its own mean, which a key moves
        seen, known = seen - seen.mean(0), known - known.mean(0)
        axes = leading_axes(torch.cat([seen[learned], known[learned]]), max(SIZES))
        best: tuple[float, Tensor] | None = None
        for size in sorted({min(size, axes.shape[1]) for size in SIZES}):
            basis = _whitened(seen[learned], known[learned], numbers[learned], axes[:, :size])
            share = rightly_named(
                seen[tested].double() @ basis, known[tested].double() @ basis, numbers[tested], BEST
            )
            if best is None or share > best[0]:
                best = share, basis
        assert best is not None  # noqa: S101  (there is a size)
        rehearsed, basis = best
        sides = [(side - side.mean(0)).double() @ basis for side in (released, gallery)]
        return cls(sides[0], sides[1], rehearsed)

    def named(self, labels: Tensor) -> Tensor:
        return by_best(self.released.float(), self.gallery.float(), labels, BEST)


def _whitened(seen: Tensor, known: Tensor, people: Tensor, axes: Tensor) -> Tensor:
    """Axes turned and scaled to the same spread within people, ``(f, k)``, float64."""
    placed = torch.cat([seen, known]).double() @ axes
    numbers = torch.unique(people, return_inverse=True)[1].repeat(2)
    counts = torch.bincount(numbers).double()
    means = torch.zeros(len(counts), placed.shape[1], dtype=placed.dtype).index_add_(0, numbers, placed)
    within = placed - (means / counts[:, None])[numbers]
    several = counts[numbers] > 2  # a photo and its own protected version are no two photos
    rest = within[several] if int(several.sum()) > placed.shape[1] // 4 else placed
    return axes @ inverse_root(rest.T @ rest / len(rest), _RIDGE)


def _standard(numbers: Tensor) -> Tensor:
    spread = numbers.std(0)
    standard: Tensor = (numbers - numbers.mean(0)) / (spread + 1e-6 * spread.mean() + 1e-9)
    shorter: Tensor = standard / numbers.shape[1] ** 0.5
    return shorter
