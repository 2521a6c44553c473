"""Names people by a public recogniser on a gallery that was blurred, boxed or pixelated like the released photos.

After McPherson and others (2016) and Newton and others (2005): who protects his own photos too compares like with like.
A recogniser that was never shown such photos still has some use of them; which of its directions still tell people
apart is learned from protected photos of other people, and rehearsed on yet others.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import ClassVar, Final, final

import numpy as np
import torch
from torch import Tensor

from masquerade.attacks.base import Attack, Control, Guess, Labelled, Labels, Sight, View
from masquerade.attacks.cache import vectors_of
from masquerade.attacks.learned_pictures import COLOURS, in_colour
from masquerade.attacks.naming import by_best, rightly_named
from masquerade.attacks.own_pairs import few_of_each, photos_known
from masquerade.attacks.protected_alike import protecting
from masquerade.attacks.solving import inverse_root
from masquerade.attacks.structure import PHOTO_TOOLS
from masquerade.errors import NotApplicable, StudyError

_BEST: Final = 3
"""Cosines of a person that are averaged."""
_SMALLEST: Final = 8
_RIDGE: Final = 0.3
"""Share of the mean variance within people that is added to each direction's own."""
Embed = Callable[[Tensor], Tensor]


@final
@dataclass(frozen=True)
class ProtectedGallery(Attack):
    """Compares a recogniser's vectors of released photos with those of named photos, clean or protected alike.

    Args:
        recogniser: A public recogniser by name; the small public one where its packages are missing.
        photos: Public photos at most that directions are learned from, and rehearsed on.
        gallery: Photos of a person at most that people are known by.
    """

    name: ClassVar[str] = "protected_gallery"
    needs: ClassVar[frozenset[Sight]] = frozenset({Sight.GALLERY, Sight.PUBLIC, Sight.RECOGNISERS})
    wants: ClassVar[frozenset[Sight]] = frozenset({Sight.FRESH})
    reads: ClassVar[frozenset[str]] = PHOTO_TOOLS
    control: ClassVar[Control] = Control(
        "none", "identification", 0.5, "ours: a public recogniser names most people on their photos"
    )

    recogniser: str = "sface"
    photos: int = 400
    gallery: int = 10

    def run(self, view: View, rng: np.random.Generator) -> Guess:
        """A person for each released image."""
        assert view.gallery is not None  # noqa: S101  (the sealed caller checked it)
        embed, protect = self._embedding(view), protecting(view)
        known = few_of_each(view.gallery, self.gallery)
        public = photos_known(view, self.photos, rng, several=True)
        if view.released.shape[1] not in (1, COLOURS) or min(view.released.shape[2:]) < _SMALLEST:
            raise NotApplicable("a face recogniser takes photos, and what is released is none")
        released, seen = embed(view.released), embed(protect(public.images))
        alike = _FourSides(released, embed(protect(known.images)), seen, seen)
        clean = _FourSides(released, embed(known.images), seen, embed(public.images))
        ways = [way for sides in (clean, alike) for way in sides.ways(public)]
        best = max(ways, key=lambda way: way.rehearsed(public.labels))
        return Labels(by_best(best.released, best.known, known.labels, _BEST))

    def _embedding(self, view: View) -> Embed:
        assert view.recognisers is not None  # noqa: S101  (the sealed caller checked it)
        name = self.recogniser
        try:
            embed = view.recognisers[name]
        except StudyError:
            name = "resnet-public"
            embed = view.recognisers[name]
        return lambda images: vectors_of(name, embed, in_colour(images.float().clamp(0, 255)))


@dataclass(frozen=True)
class _FourSides:
    """Vectors of released and named photos, and of public ones as released and as named ones are: ``(n, e)`` each."""

    released: Tensor
    known: Tensor
    public: Tensor
    public_known: Tensor

    def ways(self, public: Labelled) -> "Iterator[_FourSides]":
        """As they are; each side about its own mean; and with directions weighted by what tells people apart."""
        yield self
        centred = self.through(torch.eye(self.released.shape[1], dtype=torch.float64))
        yield centred
        learned = public.labels % 2 == 0
        sides = torch.cat([centred.public[learned], centred.public_known[learned]]).double()
        yield self.through(_telling(sides, public.labels[learned].repeat(2)))

    def through(self, directions: Tensor) -> "_FourSides":
        """Each side about the mean that public photos have there, then through a matrix."""
        means = [self.public.mean(0), self.public_known.mean(0)] * 2
        sides = (self.released, self.known, self.public, self.public_known)
        moved = [
            ((side - mean).double() @ directions).float() for side, mean in zip(sides, means, strict=True)
        ]
        return _FourSides(*moved)

    def rehearsed(self, labels: Tensor) -> float:
        """Share of public photos named rightly, of people that nothing was learned from."""
        tested = labels % 2 == 1
        return rightly_named(self.public[tested], self.public_known[tested], labels[tested], _BEST)


def _telling(vectors: Tensor, people: Tensor) -> Tensor:
    """What brings the spread within people to one in all directions, ``(e, e)``."""
    numbers = torch.unique(people, return_inverse=True)[1]
    counts = torch.bincount(numbers).double()
    means = torch.zeros(len(counts), vectors.shape[1], dtype=vectors.dtype).index_add_(0, numbers, vectors)
    within = vectors - (means / counts[:, None])[numbers]
    return inverse_root(within.T @ within / len(within), _RIDGE)
