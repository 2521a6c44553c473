"""Puts blocks into a frame so that touching edges fit: greedy tree first, then optimal re-assignments.

The tree follows A. Gallagher, "Jigsaw puzzles with pieces of unknown orientation", CVPR 2012 (without the
orientations): the best edges first, joining whole pieces while they do not overlap. The re-assignment holds
every other cell of the chessboard fixed, for which placing the rest best is a linear assignment problem.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

NEAREST: Final = 24
"""Neighbours of a block that the tree considers on each side; the right one is hardly ever farther down."""
SWEEPS: Final = 20
ROUNDS: Final = 10
MANY: Final = 1024
"""Blocks from which on parts are no longer grown anew, since an assignment of so many takes seconds."""


@dataclass(frozen=True)
class EdgeCosts:
    """How badly blocks fit beside each other, smaller is better.

    Args:
        right: ``right[i, j]``: block j stands to the right of block i, ``(t, t)``.
        below: ``below[i, j]``: block j stands below block i, ``(t, t)``.
    """

    right: Floats
    below: Floats


def assemble(costs: EdgeCosts, rows: int, columns: int) -> Integers:
    """Arrange all blocks in a frame of ``rows`` by ``columns``.

    Returns:
        For each cell in reading order the number of the block that belongs there, int64 ``(t,)``.
    """
    best = _settled(_fill(_framed(_tree(costs), rows, columns), costs), costs)
    for _ in range(ROUNDS):
        tried = [_settled(frame, costs) for frame in (_rolled(best, costs), *_regrown(best, costs))]
        better = min(tried, key=lambda frame: _total(frame, costs))
        if _total(better, costs) >= _total(best, costs) * (1 - 1e-9):
            break
        best = better
    return best.flatten()


def _settled(frame: Integers, costs: EdgeCosts) -> Integers:
    """Re-assign one colour of the chessboard after the other until nothing gets better."""
    best, least = frame, _total(frame, costs)
    for sweep in range(SWEEPS):
        frame = _reassigned(frame, costs, parity=sweep % 2)
        total = _total(frame, costs)
        if sweep % 2 and total >= least - 1e-9 * abs(least):
            break
        if total < least:
            best, least = frame, total
    return best


def _rolled(frame: Integers, costs: EdgeCosts) -> Integers:
    """The frame turned around as a ring along either axis, by the best number of steps."""
    rolls = [np.roll(frame, steps, axis) for axis in (0, 1) for steps in range(frame.shape[axis])]
    return min(rolls, key=lambda rolled: _total(rolled, costs))


def _regrown(frame: Integers, costs: EdgeCosts) -> list[Integers]:
    """The largest part whose blocks all fit their neighbours best, kept where it is or shifted, and filled up.

    The shifter of D. Pomeranz, M. Shemesh and O. Ben-Shahar, "A fully automated greedy square jigsaw puzzle
    solver", CVPR 2011.
    """
    kept = _largest_part(frame, costs)
    if kept.all() or frame.size > MANY:
        return []
    frames = []
    for step in ((0, 0), (0, 1), (0, -1), (1, 0), (-1, 0)):
        cells = np.argwhere(kept) + step
        inside = ((cells >= 0) & (cells < frame.shape)).all(1)
        start = np.full(frame.shape, -1, dtype=np.int64)
        start[tuple(cells[inside].T)] = frame[kept][inside]
        frames.append(_fill(start, costs))
    return frames


def _largest_part(frame: Integers, costs: EdgeCosts) -> NDArray[np.bool_]:
    """Cells of the largest part of the frame that hangs together by edges that are both blocks' best."""
    number = np.arange(frame.size).reshape(frame.shape)
    ends = []
    for cost, first, second in (
        (costs.right, np.s_[:, :-1], np.s_[:, 1:]),
        (costs.below, np.s_[:-1], np.s_[1:]),
    ):
        off = cost + np.diag(np.full(len(cost), np.inf))
        i, j = frame[first], frame[second]
        mutual = (off.argmin(1)[i] == j) & (off.argmin(0)[j] == i)
        ends.append(np.stack([number[first][mutual], number[second][mutual]]))
    i, j = np.concatenate(ends, 1)
    graph = coo_array((np.ones(len(i)), (i, j)), shape=(frame.size, frame.size))
    part = connected_components(graph, directed=False)[1].reshape(frame.shape)
    kept: NDArray[np.bool_] = part == np.bincount(part.ravel()).argmax()
    return kept


def _tree(costs: EdgeCosts) -> list[tuple[Integers, Integers]]:
    """Pieces (blocks and their (row, column) cells), largest first, grown by Kruskal's algorithm."""
    t = len(costs.right)
    piece = np.arange(t)
    members: dict[int, Integers] = {i: np.array([i]) for i in range(t)}
    cells: Integers = np.zeros((t, 2), dtype=np.int64)
    for i, j, step in _edges(costs):
        a, b = int(piece[i]), int(piece[j])
        if a == b:
            continue
        if len(members[a]) < len(members[b]):
            a, b, i, j, step = b, a, j, i, -step
        moved = cells[members[b]] - cells[j] + cells[i] + step
        if _overlap(cells[members[a]], moved):
            continue
        cells[members[b]] = moved
        piece[members[b]] = a
        members[a] = np.concatenate([members[a], members.pop(b)])
    pieces = sorted(members.values(), key=len, reverse=True)
    return [(blocks, cells[blocks]) for blocks in pieces]


def _edges(costs: EdgeCosts) -> list[tuple[int, int, Integers]]:
    """Candidate edges (i, j, step from i to j), the most certain first."""
    found: list[tuple[Floats, Integers, Integers]] = []
    for cost, step in ((costs.right, (0, 1)), (costs.below, (1, 0))):
        nearest = np.argsort(cost, axis=1)[:, : min(NEAREST, len(cost) - 1)]
        i = np.repeat(np.arange(len(cost)), nearest.shape[1])
        found.append(
            (_uniqueness(cost)[i, nearest.ravel()], np.stack([i, nearest.ravel()], 1), np.array(step))
        )
    certainty = np.concatenate([ratio for ratio, _, _ in found])
    ends = np.concatenate([pair for _, pair, _ in found])
    steps = np.concatenate([np.broadcast_to(step, pair.shape) for _, pair, step in found])
    order = np.argsort(certainty, kind="stable")
    return [(int(i), int(j), step) for (i, j), step in zip(ends[order], steps[order], strict=True)]


def _uniqueness(cost: Floats) -> Floats:
    """Cost over the second-best alternative of either block; far below 1 where the fit is unique."""
    off = cost + np.diag(np.full(len(cost), np.inf))
    second = np.minimum(np.partition(off, 1, axis=1)[:, 1, None], np.partition(off, 1, axis=0)[None, 1])
    ratio: Floats = off / np.maximum(second, 1e-12)
    return ratio


def _overlap(one: Integers, other: Integers) -> bool:
    taken = set(map(tuple, one.tolist()))
    return any(tuple(cell) in taken for cell in other.tolist())


def _framed(pieces: list[tuple[Integers, Integers]], rows: int, columns: int) -> Integers:
    """The largest piece, shifted so that most of it lies in the frame; -1 where nothing lies yet."""
    blocks, cells = pieces[0]
    low, high = cells.min(0), cells.max(0) + 1
    picture = np.zeros(high - low + 2 * np.array([rows, columns]), dtype=np.int64)
    picture[tuple((cells - low + (rows, columns)).T)] = 1
    sums = np.pad(picture, ((1, 0), (1, 0))).cumsum(0).cumsum(1)
    inside = sums[rows:, columns:] - sums[:-rows, columns:] - sums[rows:, :-columns] + sums[:-rows, :-columns]
    corner = np.array(np.unravel_index(int(inside.argmax()), inside.shape))
    at = cells - low + (rows, columns) - corner
    kept = ((at >= 0) & (at < (rows, columns))).all(1)
    frame = np.full((rows, columns), -1, dtype=np.int64)
    frame[tuple(at[kept].T)] = blocks[kept]
    return frame


def _fill(frame: Integers, costs: EdgeCosts) -> Integers:
    """Give the blocks left over to the empty cells, those with most neighbours first."""
    frame = frame.copy()
    left = np.setdiff1d(np.arange(frame.size), frame)
    while len(left):
        neighbours = _neighbours(np.pad(frame, 1, constant_values=-1) >= 0).sum(0)
        neighbours[frame >= 0] = -1
        cells = np.argwhere(neighbours == neighbours.max())
        rows, chosen = linear_sum_assignment(_fit(frame, cells, left, costs))
        frame[tuple(cells[rows].T)] = left[chosen]
        left = np.delete(left, chosen)
    return frame


def _neighbours(padded: NDArray[np.generic]) -> NDArray[np.generic]:
    """Left, right, upper and lower neighbour of each cell, ``(4, rows, columns)``; ``padded`` by one."""
    return np.stack([padded[1:-1, :-2], padded[1:-1, 2:], padded[:-2, 1:-1], padded[2:, 1:-1]])


def _fit(frame: Integers, cells: Integers, blocks: Integers, costs: EdgeCosts) -> Floats:
    """Cost of each block at each cell, by the neighbours that lie there, ``(cells, blocks)``."""
    around = _neighbours(np.pad(frame, 1, constant_values=-1))[:, cells[:, 0], cells[:, 1]]
    beside = (costs.right, costs.right.T, costs.below, costs.below.T)
    total = np.zeros((len(cells), len(blocks)))
    for neighbour, cost in zip(around, beside, strict=True):
        total += np.where(neighbour[:, None] >= 0, cost[np.ix_(neighbour, blocks)], 0.0)
    return total


def _reassigned(frame: Integers, costs: EdgeCosts, parity: int) -> Integers:
    """Place the blocks of one colour of the chessboard best, given those of the other."""
    cells = np.argwhere(np.add.outer(*map(np.arange, frame.shape)) % 2 == parity)
    blocks = frame[tuple(cells.T)]
    rows, chosen = linear_sum_assignment(_fit(frame, cells, blocks, costs))
    frame = frame.copy()
    frame[tuple(cells[rows].T)] = blocks[chosen]
    return frame


def _total(frame: Integers, costs: EdgeCosts) -> float:
    right = costs.right[frame[:, :-1], frame[:, 1:]].sum()
    return float(right + costs.below[frame[:-1], frame[1:]].sum())
