"""Which matching of released labels to people is most likely, and how sure each name of it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self, final

import numpy as np
from numpy.typing import NDArray

from masquerade.attacks.people.walk import Floats, Whole, compiled, waits

_FINE: Final = (2**12, 2**10)
"""Grid of resemblances on the two sides. Their product is one unit of log likelihood."""
_LEVELS: Final = 200
_QUENCH: Final = 5
"""Levels at temperature zero, at the end."""
_HOT: Final = 1.0
_COLD: Final = 0.35
"""First and last temperature, as shares of that at which a planted matching is as likely as all others together."""
_AGREES: Final = 0.9
"""Share of names in which two restarts that end alike have met the same minimum."""
_REACHED: Final = 0.85
"""Share of the cost of the truth, as expected, at which no restart follows: expectations are a little off."""


@final
@dataclass(frozen=True)
class Effort:
    """What limits the search.

    Args:
        restarts: Annealings at most, of each puzzle.
        proposals: Steps of each annealing.
        counts: Whether numbers of photos are looked at.
    """

    restarts: int
    proposals: int
    counts: bool


@final
@dataclass(frozen=True)
class Matching:
    """A person for each label.

    Args:
        names: Numbers of people ``(labels,)``, all different.
        cost: In units of log likelihood; smaller is better.
    """

    names: Whole
    cost: float


@final
@dataclass(frozen=True)
class Puzzle:
    """The log likelihood of matchings, on a grid of whole numbers.

    Each resemblance of the released side is ``rho`` times that of the right people, plus normal noise that makes its
    variance one again.

    Args:
        links: Resemblances of labels, times what each is worth, ``(labels, channels, labels)``.
        faces: Resemblances of people ``(people, channels, people)``.
        costs: What each pair of people costs whoever has them, ``(people, people)``.
        alone: Log likelihood that a label is a person by facts on each alone, ``(labels, people)``.
        worth: Sum over channels of ``rho^2 / (1 - rho^2)``.
    """

    links: Floats
    faces: Floats
    costs: Floats
    alone: Floats
    worth: float

    @classmethod
    def of(
        cls, links: Floats, faces: Floats, rho: Sequence[float] | Floats, alone: Floats, share: float = 1.0
    ) -> Self:
        """The puzzle of standardised resemblances.

        Args:
            links: ``(channels, labels, labels)``.
            faces: ``(channels, people, people)``, people no fewer than labels.
            rho: Correlation of each channel's resemblances for the right people, -1 to 1 exclusive.
            alone: ``(labels, people)``.
            share: How much of their log likelihood channels count for, since those of one face repeat each other.
        """
        agreement = np.asarray(rho, dtype=np.float64)
        each = share / (1 - agreement**2)
        by_label = np.round((agreement * each)[:, None, None] * links * _FINE[0])
        costs = np.round(((agreement**2 * each / 2)[:, None, None] * faces**2).sum(0) * _FINE[0] * _FINE[1])
        by_person = np.round(faces * _FINE[1])
        for square in (*by_label, *by_person, costs):
            np.fill_diagonal(square, 0.0)
        return cls(
            np.ascontiguousarray(by_label.transpose(1, 0, 2)),
            np.ascontiguousarray(by_person.transpose(1, 0, 2)),
            costs,
            np.round(alone * _FINE[0] * _FINE[1]),
            float((agreement**2 * each).sum()),
        )

    @property
    def expected(self) -> float:
        """What the true matching should cost by its resemblances alone."""
        labels = len(self.alone)
        return -self.worth * labels * (labels - 1) / 4

    @property
    def heat(self) -> float:
        """The temperature at which the truth is as likely as all else, in the random energy model."""
        labels, people = self.alone.shape
        return float(self.worth * labels / np.log(max(people, 3)) / 2)

    def search(
        self, rng: np.random.Generator, restarts: int, proposals: int, first: Whole | None = None
    ) -> Matching:
        """The best matching of several annealings, fewer if one is as good as the truth or two end alike.

        Args:
            rng: Chooses starts and steps.
            restarts: Annealings at most.
            proposals: Steps of each.
            first: A matching from which the first one starts, less hot; without one, all start anywhere.
        """
        best: Matching | None = None
        for _ in range(restarts):
            hot = _HOT if first is None else (_HOT + _COLD) / 2
            found = self._annealed(rng, self._anywhere(rng) if first is None else first, hot, proposals)
            first = None
            if best is not None and abs(found.cost - best.cost) < max(1.0, 0.01 * abs(best.cost)):
                settled = float((found.names == best.names).mean()) >= _AGREES
            else:
                settled = found.cost <= _REACHED * self.expected
            best = found if best is None or found.cost < best.cost else best
            if settled:
                break
        assert best is not None  # noqa: S101  (restarts are at least one)
        return best

    def posterior(self, rng: np.random.Generator, names: Whole, proposals: int) -> Floats:
        """Probabilities ``(labels, people)`` by Metropolis steps at temperature one from a matching."""
        tally = np.zeros_like(self.alone)
        self._walked(rng, names, np.ones(1), max(proposals, len(names)), tally)
        shares: Floats = tally / tally.sum(1, keepdims=True)
        return shares

    def _annealed(self, rng: np.random.Generator, names: Whole, hot: float, proposals: int) -> Matching:
        falling = np.concatenate([np.linspace(hot, _COLD, _LEVELS), np.zeros(_QUENCH)])
        return self._walked(rng, names, falling * self.heat, max(1, proposals // _LEVELS), self.alone[:0])

    def _walked(
        self, rng: np.random.Generator, names: Whole, temperatures: Floats, steps: int, tally: Floats
    ) -> Matching:
        state = rng.integers(2**63, size=1).astype(np.uint64)
        unit = float(_FINE[0] * _FINE[1])
        problem = (self.links, self.faces, self.costs, self.alone)
        cost, best = compiled()(*problem, names.copy(), temperatures * unit, steps, state, waits(), tally)
        return Matching(best, cost / unit)

    def _anywhere(self, rng: np.random.Generator) -> NDArray[np.int64]:
        labels, people = self.alone.shape
        return rng.permutation(people)[:labels].astype(np.int64)
