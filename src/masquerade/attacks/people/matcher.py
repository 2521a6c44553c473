"""Matches released labels to named people by what no linear key changes."""

from dataclasses import dataclass
from typing import final

import numpy as np
from torch import Tensor

from masquerade.attacks.base import View
from masquerade.attacks.people.blocks import by_block, padded, widened
from masquerade.attacks.people.evidence import agreement, alone, resemblances, standardised
from masquerade.attacks.people.filters import excess, filtered_gallery, filtered_release
from masquerade.attacks.people.pairs import by_pairs
from masquerade.attacks.people.search import Effort, Puzzle
from masquerade.attacks.people.sides import Cut, Side, gallery_side, public_side, released_side
from masquerade.attacks.people.walk import Floats
from masquerade.errors import AttackError


@final
@dataclass(frozen=True)
class LabelMatch:
    """How likely each label is each person.

    Args:
        people: What the view calls the people, int64 ``(people,)``.
        classes: Which label each released vector has, int64 ``(n,)``, 0 to labels - 1.
        probabilities: ``(labels, people)``; the rest of a row is for somebody whom the attacker does not know.
    """

    people: Tensor
    classes: Tensor
    probabilities: Floats


def match(view: View, effort: Effort, rng: np.random.Generator) -> LabelMatch:
    """Match the labels of a view to the people of its gallery.

    Args:
        view: Released images, labels and a gallery at least; recipe, public photos and pairs help.
        effort: What limits the search.
        rng: The attacker's randomness.

    Raises:
        AttackError: If there are fewer than two labels or people, or numba is not installed.
    """
    cut = Cut.of(view.recipe)
    mine, theirs = released_side(view, cut), gallery_side(view, cut)
    if min(mine.count, theirs.count) < 2:
        raise AttackError(
            "classes are matched by how they resemble each other, so that it takes two",
            value=f"{mine.count} labels, {theirs.count} people",
            remedy="Release, and show, photos of more people.",
        )
    released = filtered_release(mine)
    noise = cut.noise or excess(mine, theirs)
    gallery = filtered_gallery(theirs, public_side(view, cut), noise)
    single = alone(released, gallery, effort.counts, rng)
    if view.pairs is not None:
        single = single + by_pairs(view.pairs, cut, mine, theirs)
    if len(mine.rows) == 1:
        rho = agreement(released.side, gallery.side, rng)
        puzzle = whole_puzzle(released.side, gallery.side, rho, single)
        names = puzzle.search(rng, effort.restarts, effort.proposals).names
    else:
        puzzle, names = by_block(released, gallery, single, cut.permuted, effort, rng)
    probabilities = puzzle.posterior(rng, names, effort.proposals)[:, : theirs.count]
    return LabelMatch(theirs.numbers, mine.classes, probabilities)


def whole_puzzle(released: Side, gallery: Side, rho: float, single: Floats) -> Puzzle:
    """The puzzle of resemblances of whole vectors."""
    single = padded(single)
    tables = [standardised(resemblances(side).sum(0), False) for side in (released, gallery)]
    return Puzzle.of(tables[0][None], widened(tables[1], single)[None], [rho], single)
