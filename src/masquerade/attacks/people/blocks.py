"""Matching with every block of a disguise by itself: each has a table of resemblances of its own."""

from dataclasses import dataclass
from typing import Final, final

import numpy as np
from scipy.optimize import linear_sum_assignment

from masquerade.attacks.people.evidence import agreement, resemblances, standardised
from masquerade.attacks.people.filters import Filtered
from masquerade.attacks.people.layout import layouts
from masquerade.attacks.people.search import Effort, Puzzle
from masquerade.attacks.people.sides import Side
from masquerade.attacks.people.walk import Floats, Whole

_CHANNELS: Final = 24
"""Blocks that are looked at, at most: those that should agree best."""
_ROUNDS: Final = 4
_SHARE: Final = 0.5
"""How much of its log likelihood a block counts for: the blocks of a face repeat each other."""
_RANGE: Final = (0.05, 0.9)


def by_block(
    released: Filtered,
    gallery: Filtered,
    single: Floats,
    permuted: bool,
    effort: Effort,
    rng: np.random.Generator,
) -> tuple[Puzzle, Whole]:
    """The puzzle of the blocks that agree best, and its best matching.

    First each likely layout of the blocks is taken as it is; then it is corrected by what the names say, and the
    other way round, until no name changes. The layout under which blocks agree best is taken.
    """
    blocks = len(released.side.rows)
    tables = _Tables.of(released, gallery, padded(single), rng)
    likely = layouts(released.raw.rows, gallery.raw.rows, rng) if permuted else [np.arange(blocks)]
    ends = [tables.settled(layout, permuted, effort, rng) for layout in likely]
    return max(ends, key=lambda end: end[0].worth)


def padded(single: Floats) -> Floats:
    """With strangers, where there are more labels than known people: each is as likely anybody."""
    missing = max(0, single.shape[0] - single.shape[1])
    return np.concatenate([single, np.repeat(single.mean(1, keepdims=True), missing, 1)], 1)


def widened(table: Floats, single: Floats) -> Floats:
    """Resemblances of people, and of the strangers of ``padded``, who resemble nobody."""
    return np.pad(table, (0, single.shape[1] - len(table)))


@final
@dataclass(frozen=True)
class _Tables:
    """Resemblances by block, standardised, and how well each block's agree in two halves of the photos."""

    labels: Floats
    people: Floats
    reliable: tuple[Floats, Floats]
    single: Floats

    @classmethod
    def of(cls, released: Filtered, gallery: Filtered, single: Floats, rng: np.random.Generator) -> "_Tables":
        sides = (released.side, gallery.side)
        labels, people = ([standardised(gram, True) for gram in resemblances(side)] for side in sides)
        wide = np.array([widened(table, single) for table in people])
        return cls(np.array(labels), wide, (_halved(sides[0], rng), _halved(sides[1], rng)), single)

    def settled(
        self, layout: Whole, permuted: bool, effort: Effort, rng: np.random.Generator
    ) -> tuple[Puzzle, Whole]:
        """Names from a layout, then layouts from names and names from layouts."""
        expected = np.sqrt(self.reliable[0] * self.reliable[1][layout])
        puzzle = self._puzzle(np.arange(len(layout)), layout, expected)
        names = puzzle.search(rng, effort.restarts, self._proposals(puzzle, effort)).names
        for _ in range(_ROUNDS):
            before, puzzle = names, self._aligned(names, permuted)
            names = puzzle.search(rng, 1, self._proposals(puzzle, effort), names).names
            if (names == before).all():
                break
        return self._aligned(names, permuted), names

    def _proposals(self, puzzle: Puzzle, effort: Effort) -> int:
        """Fewer where each takes longer."""
        return max(1, effort.proposals * 2 // (1 + int(puzzle.links.shape[1])))

    def _aligned(self, names: Whole, permuted: bool) -> Puzzle:
        """The puzzle of the blocks that agree best under these names."""
        pairs = np.triu_indices(len(names), 1)
        mine = _unit(self.labels[:, pairs[0], pairs[1]])
        theirs = _unit(self.people[:, names[pairs[0]], names[pairs[1]]])
        agree = mine @ theirs.T
        rows = np.arange(len(agree))
        columns = linear_sum_assignment(-agree)[1] if permuted else rows
        return self._puzzle(rows, columns, agree[rows, columns])

    def _puzzle(self, rows: Whole, columns: Whole, rho: Floats) -> Puzzle:
        best = np.argsort(-rho, kind="stable")[:_CHANNELS]
        tables = self.labels[rows[best]], self.people[columns[best]]
        return Puzzle.of(*tables, np.clip(rho[best], *_RANGE), self.single, _SHARE)


def _halved(side: Side, rng: np.random.Generator) -> Floats:
    """For each block, the correlation of its resemblances with themselves in other photos."""
    each = [Side(side.rows[b : b + 1], side.classes, side.numbers) for b in range(len(side.rows))]
    return np.array([agreement(block, block, rng) for block in each])


def _unit(rows: Floats) -> Floats:
    rows = rows - rows.mean(1, keepdims=True)
    unit: Floats = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-300)
    return unit
