"""The walk of simulated annealing over matchings of labels to people, compiled where numba is installed.

All costs are whole numbers in float64: sums of them are exact in any order, so that the walk takes the same steps on
every processor, and however wide its instructions are.
"""

from collections.abc import Callable
from functools import cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from masquerade.errors import AttackError
from masquerade.extras import how_to_install

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]
State = NDArray[np.uint64]

_WAITS: Final = 2**16


@cache
def waits() -> Floats:
    """Quantiles of the exponential distribution, on a grid: by how many temperatures a step may go uphill."""
    middles = (np.arange(_WAITS) + 0.5) / _WAITS
    return np.round(-np.log(middles) * 2**16) / 2**16


def draw(state: State) -> np.uint64:
    """The next 64 random bits (splitmix64: Steele, Lea and Flood 2014)."""
    state[0] += np.uint64(0x9E3779B97F4A7C15)
    bits = state[0]
    bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    drawn: np.uint64 = bits ^ (bits >> np.uint64(31))
    return drawn


def exchanged(mine: Floats, other: Floats, here: Floats, there: Floats) -> float:
    """The inner product of two differences: what it costs that two labels exchange their people."""
    total = 0.0
    for k in range(mine.shape[0]):
        total += (mine[k] - other[k]) * (here[k] - there[k])
    return total


def moved(mine: Floats, here: Floats, there: Floats, cost_here: Floats, cost_there: Floats) -> float:
    """What it costs that a label leaves its person for one whom no label has."""
    total = 0.0
    for k in range(mine.shape[0]):
        total += mine[k] * (here[k] - there[k])
    for k in range(cost_here.shape[0]):
        total += cost_there[k] - cost_here[k]
    return total


def walk(
    links: Floats,
    faces: Floats,
    costs: Floats,
    alone: Floats,
    names: Whole,
    temperatures: Floats,
    steps: int,
    state: State,
    waits: Floats,
    tally: Floats,
    draw: Callable[[State], np.uint64],
    exchanged: Callable[[Floats, Floats, Floats, Floats], float],
    moved: Callable[[Floats, Floats, Floats, Floats, Floats], float],
) -> tuple[float, Whole]:
    """Propose exchanges and moves at falling temperatures; give the cheapest matching met, and its cost.

    The cost of a matching p is ``- sum links[i, b, k] faces[p_i, b, p_k] + sum costs[p_i, p_k]`` over all channels b
    and pairs i < k of labels, less ``sum alone[i, p_i]``; all whole numbers, diagonals zero.

    Args:
        links: ``(labels, channels, labels)``.
        faces: ``(people, channels, people)``.
        costs: ``(people, people)``.
        alone: ``(labels, people)``.
        names: The first matching: a person for each label, all different; the last one when it returns.
        temperatures: One after the other.
        steps: Proposals at each.
        state: Of the random numbers, ``(1,)``.
        waits: Quantiles as ``waits()`` gives them.
        tally: ``(labels, people)``: how often each label had each person, looked at once in as many proposals as
            there are labels; of no rows for no tally.
        draw: As above, compiled.
        exchanged: As above, compiled.
        moved: As above, compiled.
    """
    labels, channels, people = links.shape[0], links.shape[1], faces.shape[0]
    width = channels * labels
    mine = links.reshape(labels, width)
    placed = np.empty((people, width))
    paid = np.empty((people, labels))
    owner = np.full(people, -1)
    for label in range(labels):
        owner[names[label]] = label
        for c in range(people):
            paid[c, label] = costs[c, names[label]]
            for b in range(channels):
                placed[c, b * labels + label] = faces[c, b, names[label]]
    cost = 0.0
    for label in range(labels):
        for k in range(width):
            cost -= mine[label, k] * placed[names[label], k] / 2
        for k in range(labels):
            cost += paid[names[label], k] / 2
        cost -= alone[label, names[label]]
    least, best = cost, names.copy()
    counted = 0
    for temperature in temperatures:
        for _ in range(steps):
            bits = draw(state)
            i = np.int64(((bits >> np.uint64(32)) * np.uint64(labels)) >> np.uint64(32))
            q = np.int64(((bits & np.uint64(0xFFFFFFFF)) * np.uint64(people)) >> np.uint64(32))
            counted += 1
            if tally.shape[0] > 0 and counted % labels == 0:
                for k in range(labels):
                    tally[k, names[k]] += 1
            p, j = names[i], owner[q]
            if p == q:
                continue
            uphill = temperature * waits[draw(state) >> np.uint64(48)]
            if j >= 0:
                change = exchanged(mine[i], mine[j], placed[p], placed[q])
                for b in range(channels):
                    change -= 2 * mine[i, b * labels + j] * placed[p, b * labels + j]
                change -= alone[i, q] + alone[j, p] - alone[i, p] - alone[j, q]
            else:
                change = moved(mine[i], placed[p], placed[q], paid[p], paid[q]) - costs[q, p]
                change -= alone[i, q] - alone[i, p]
            if change > uphill:
                continue
            cost += change
            names[i], owner[q], owner[p] = q, i, j
            if j >= 0:
                names[j] = p
            for c in range(people):
                paid[c, i] = costs[c, q]
                for b in range(channels):
                    placed[c, b * labels + i] = faces[c, b, q]
                if j >= 0:
                    paid[c, j] = costs[c, p]
                    for b in range(channels):
                        placed[c, b * labels + j] = faces[c, b, p]
            if cost < least:
                least = cost
                best[:] = names
    return least, best


@cache
def compiled() -> Callable[..., tuple[float, Whole]]:
    """``walk`` as machine code, which takes seconds to make; it wants no compiled functions any more.

    Raises:
        AttackError: If numba is not installed.
    """
    try:
        import numba
    except ImportError:
        raise AttackError(
            "matchings are searched by compiled code", value="numba", remedy=how_to_install("attacks")
        ) from None
    exact = {"reassoc", "contract"}  # sums of whole numbers: wide instructions may take them in any order
    parts: tuple[Any, ...] = (
        numba.njit(draw),
        numba.njit(fastmath=exact)(exchanged),
        numba.njit(fastmath=exact)(moved),
    )
    quick: Callable[..., Any] = numba.njit(walk)

    def with_parts(*arguments: object) -> tuple[float, Whole]:
        least, names = quick(*arguments, *parts)
        return float(least), names

    return with_parts
