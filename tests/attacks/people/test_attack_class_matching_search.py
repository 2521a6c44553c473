"""The compiled walk counts costs rightly, and finds what a search of all matchings finds."""

from itertools import permutations

import numpy as np
import pytest

from masquerade.attacks.people.search import Puzzle
from masquerade.attacks.people.walk import Floats, Whole

LABELS = 5


def tables(people: int, channels: int, seed: int) -> tuple[Floats, Floats, Floats]:
    rng = np.random.default_rng(seed)
    links, faces = (rng.normal(size=(channels, n, n)) for n in (LABELS, people))
    return links + links.mT, faces + faces.mT, rng.normal(size=(LABELS, people))


def cost(links: Floats, faces: Floats, rho: Floats, alone: Floats, names: Whole) -> float:
    """As the model says it, without the grid."""
    rows, columns = np.triu_indices(LABELS, 1)
    known = faces[:, names[rows], names[columns]]
    weight = (rho / (1 - rho**2))[:, None]
    pairs = weight * (rho[:, None] * known**2 / 2 - links[:, rows, columns] * known)
    return float(pairs.sum() - alone[np.arange(LABELS), names].sum())


@pytest.mark.parametrize(("people", "channels"), [(5, 1), (7, 1), (7, 3), (5, 4)])
def test_the_cheapest_of_all_matchings_is_found_at_its_cost(people: int, channels: int) -> None:
    links, faces, alone = tables(people, channels, seed=people + channels)
    rho = np.linspace(0.3, 0.7, channels)
    found = Puzzle.of(links, faces, rho, alone).search(np.random.default_rng(0), 6, 20_000)
    every = [np.array(names) for names in permutations(range(people), LABELS)]
    costs = [cost(links, faces, rho, alone, names) for names in every]
    assert found.names.tolist() == every[int(np.argmin(costs))].tolist()
    assert found.cost == pytest.approx(min(costs), abs=0.05)


def test_the_posterior_is_that_of_all_matchings() -> None:
    links, faces, alone = tables(5, 1, seed=3)
    links, faces, rho = links / 2, faces / 2, np.array([0.4])
    every = [np.array(names) for names in permutations(range(5))]
    weights = np.exp([-cost(links, faces, rho, alone, names) for names in every])
    exact = np.zeros((LABELS, 5))
    for names, weight in zip(every, weights / weights.sum(), strict=True):
        exact[np.arange(LABELS), names] += weight
    puzzle = Puzzle.of(links, faces, rho, alone)
    drawn = puzzle.posterior(np.random.default_rng(0), every[0].astype(np.int64), 2_000_000)
    assert np.abs(drawn - exact).max() < 0.01


def test_a_seed_gives_the_same_matching_again() -> None:
    links, faces, alone = tables(7, 2, seed=1)
    puzzle = Puzzle.of(links, faces, [0.3, 0.3], alone)
    first, again = (puzzle.search(np.random.default_rng(4), 1, 500) for _ in range(2))
    assert first.names.tolist() == again.names.tolist()
    assert first.cost == again.cost
