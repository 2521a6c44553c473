"""Who is in it, by a public face recogniser: on protected photos as they are, and after what was learned to undo.

The attacker trains nothing on the owner's photos. He shows the released images to a recogniser that anybody can have,
brought to the brightness of photos; or restores them first, as public photos under keys of his own (or, where the
owner's protection answers, under the owner's) taught him; or maps them to the recogniser's vectors directly. Photos
that he kept apart decide which.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Final, final

import numpy as np
import torch
from torch import Tensor

from masquerade.attacks.base import Attack, Control, Guess, Labelled, Labels, Sight, View
from masquerade.attacks.cache import vectors_of
from masquerade.attacks.learned_pictures import COLOURS, ROWS, Level, by_network, by_ridge, in_colour
from masquerade.attacks.naming import by_best
from masquerade.attacks.own_pairs import OwnPairs, answered, few_of_each, under_own_keys
from masquerade.attacks.ridge import Ridge
from masquerade.errors import NotApplicable, StudyError

BEST: Final = 3
"""Cosines of a person that are averaged."""
KEPT_APART: Final = 40
"""Photos that nothing is learned from, at most: a rehearsal on them decides."""
_SMALLEST: Final = 8
Vectors = Callable[[Tensor], Tensor]
"""Protected images to vectors of the recogniser, ``(n, e)``."""


@final
@dataclass(frozen=True)
class PublicRecogniser(Attack):
    """Names people by SFace's vectors; by those of a small public network where SFace is not installed.

    Args:
        keys: Keys of the attacker's own.
        photos: Public photos that are protected under each.
        gallery: Photos of a person at most that people are known by.
        steps: Batches that the restoring network learns from; 0 for none.
        numbers: Numbers that are protected in all at most; larger photos are fewer.
    """

    name: ClassVar[str] = "public_recogniser"
    needs: ClassVar[frozenset[Sight]] = frozenset({Sight.GALLERY, Sight.PUBLIC, Sight.RECOGNISERS})
    wants: ClassVar[frozenset[Sight]] = frozenset({Sight.FRESH})
    control: ClassVar[Control] = Control(
        "none", "identification", 0.5, "ours: a public recogniser names most people on their photos"
    )

    keys: int = 3
    photos: int = 150
    gallery: int = 10
    steps: int = 100
    numbers: int = 8_000_000

    def run(self, view: View, rng: np.random.Generator) -> Guess:
        """A person for each released image."""
        assert view.gallery is not None  # noqa: S101  (the sealed caller checked it)
        embed = _recogniser(view)
        known = few_of_each(view.gallery, self.gallery)
        vectors = embed(_pictures(known))
        released = view.released.float()
        own = self._own(view, rng)
        ways = self._ways(own, released, embed, rng)
        if not ways:
            raise NotApplicable("what is released is no picture, and no key of the attacker's own makes it")
        seen = max(ways, key=lambda way: _rehearsed(way, own, embed))(released)
        return Labels(by_best(seen, vectors, known.labels, BEST))

    def _own(self, view: View, rng: np.random.Generator) -> OwnPairs | None:
        most = min(self.photos, max(2 * KEPT_APART, self.numbers // max(1, view.released[0].numel())))
        if view.query is not None:
            return answered(view, most, rng)
        return under_own_keys(view, self.keys, most, rng) if view.fresh is not None else None

    def _ways(
        self, own: OwnPairs | None, released: Tensor, embed: Vectors, rng: np.random.Generator
    ) -> list[Vectors]:
        ways: list[Vectors] = []
        if _is_picture(released):
            pictures = _pictures(own.photos) if own else released
            level = Level.of(released, pictures)
            ways.append(lambda images: embed(images.clamp(0, 255)))
            ways.append(lambda images: embed(level(images).clamp(0, 255)))
        if own is None:
            return ways
        learned = own.take(own.to_learn)
        learned = learned.take(torch.from_numpy(rng.permutation(len(learned.keys))))
        pictures = _pictures(learned.photos)
        restorations = [
            by_ridge(learned.protected, pictures),
            by_network(learned.protected, pictures, self.steps, rng),
        ]
        ways += [lambda images, r=r: embed(r(images)) for r in restorations if r is not None]  # type: ignore[misc]
        ridge = Ridge.of(learned.protected[:ROWS].flatten(1), embed(pictures[:ROWS]))
        ways.append(lambda images: ridge(images.flatten(1)).float())
        return ways


def _recogniser(view: View) -> Vectors:
    """SFace, or the small public recogniser where packages are missing; each picture's vector is computed once."""
    assert view.recognisers is not None  # noqa: S101  (the sealed caller checked it)
    name = "sface"
    try:
        embed = view.recognisers[name]
    except StudyError:
        name = "resnet-public"
        embed = view.recognisers[name]
    return lambda pictures: vectors_of(name, embed, in_colour(pictures.float()))


def _pictures(known: Labelled) -> Tensor:
    """Photos that a recogniser takes.

    Raises:
        NotApplicable: If there are none, but feature maps alone.
    """
    if not _is_picture(known.pictures):
        raise NotApplicable(
            "a face recogniser takes photos", value=f"shape {tuple(known.pictures.shape)}", place="gallery"
        )
    return known.pictures.float()


def _is_picture(images: Tensor) -> bool:
    return images.shape[1] in (1, COLOURS) and min(images.shape[2:]) >= _SMALLEST


def _rehearsed(way: Vectors, own: OwnPairs | None, embed: Vectors) -> float:
    """Share of photos kept apart whose vectors are nearest to their own photo's."""
    if own is None:
        return 0.0
    apart = own.take(own.to_rehearse.nonzero().flatten()[:KEPT_APART])
    photos = _pictures(apart.photos)
    return float(
        (by_best(way(apart.protected), embed(photos), apart.numbers, 1) == apart.numbers).float().mean()
    )
