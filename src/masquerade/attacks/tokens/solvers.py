"""A key from pairs: the order of tokens by matching, then the way back by regression."""

from dataclasses import dataclass
from typing import Protocol, final

import torch
from torch import Tensor

from masquerade.attacks.base import Pairs
from masquerade.attacks.tokens import permutation as order
from masquerade.attacks.tokens.graphs import Frame
from masquerade.attacks.tokens.regression import InverseMap, fit_kernel, fit_linear
from masquerade.attacks.tokens.statistics import TokenStatistics, cosine, of_unit_length


@dataclass(frozen=True)
class SolvedKey:
    """A key, as far as pairs told.

    Args:
        became: For each original position the disguised one, ``(t,)``.
        undoing: The way back for tokens.
        centre: Subtracted from undone tokens, ``(t, d)``.
        mean: Subtracted from originals, ``(t, d)``.
        scaled: Whether originals are compared by direction, every token at one length.
    """

    became: Tensor
    undoing: InverseMap
    centre: Tensor
    mean: Tensor
    scaled: bool = False

    def similarity(self, released: Tensor, candidates: Tensor) -> Tensor:
        """Cosine of undone released tokens ``(n, t, e)`` with candidates ``(m, t, d)``, ``(n, m)``."""
        undone = self.undoing.undo(released[:, self.became]) - self.centre
        clean = at_one_length(candidates) if self.scaled else candidates
        return cosine(undone, self.undoing.as_far(clean - self.mean))


class KeySolver(Protocol):
    """Solves keys from tokens of pairs, ``(k, t, d)`` and ``(k, t, e)``."""

    def solve(self, pairs: Pairs) -> SolvedKey:
        """The key that explains the pairs."""
        ...


@final
class MatrixSolver:
    """Solves matrices.

    Args:
        disguised: Tokens under the key, ``(n, t, d)``.
        public: Originals of other people, ``(p, t, d)``.
    """

    def __init__(self, disguised: Tensor, public: Tensor) -> None:
        self._seen, self._known = TokenStatistics.of(disguised), TokenStatistics.of(public)
        self._graphs = [Frame.of(tokens, linear=True).graphs for tokens in (disguised, public)]

    def solve(self, pairs: Pairs) -> SolvedKey:
        """Match by whitened inner products, then regress whitened tokens on whitened ones."""
        graphs = []
        for tokens, statistics in ((pairs.disguised, self._seen), (pairs.originals, self._known)):
            rows = tokens @ statistics.whitening
            graphs.append(torch.stack([order.standardised(gram) for gram in rows @ rows.mT]))
        own = pairs.originals.flatten(0, 1)
        found = [
            (became, fit_linear(pairs.disguised[:, became].flatten(0, 1), own, self._seen, self._known))
            for became in order.guesses((graphs[0], self._graphs[0]), (graphs[1], self._graphs[1]))
        ]
        became, undoing = min(found, key=lambda each: each[1].error)
        return SolvedKey(became, undoing, undoing.as_far(self._known.mean), self._known.mean)


@final
class NetworkSolver:
    """Solves smooth functions of a token's direction.

    Args:
        disguised: Tokens under the key, ``(n, t, e)``.
        public: Originals of other people, ``(p, t, d)``.
    """

    def __init__(self, disguised: Tensor, public: Tensor) -> None:
        self._disguised, self._public = disguised, at_one_length(public)
        self._graphs = [Frame.of(tokens, linear=False).graphs for tokens in (disguised, public)]

    def solve(self, pairs: Pairs) -> SolvedKey:
        """Match by ranks of angles between tokens, which random networks nearly keep; kernel regression."""
        originals = at_one_length(pairs.originals)
        graphs = [
            torch.stack([order.ranks(graph) for graph in _grams(few)]) for few in (pairs.disguised, originals)
        ]
        own = originals.flatten(0, 1)
        found = [
            (became, fit_kernel(pairs.disguised[:, became].flatten(0, 1), own))
            for became in order.guesses((graphs[0], self._graphs[0]), (graphs[1], self._graphs[1]))
        ]
        became, undoing = min(found, key=lambda each: each[1].error)
        centre = undoing.undo(self._disguised[:, became]).mean(0)
        return SolvedKey(became, undoing, centre, self._public.mean(0), scaled=True)


def solver(disguised: Tensor, public: Tensor, linear: bool) -> KeySolver:
    """The solver for a matrix, or for any smooth function."""
    return MatrixSolver(disguised, public) if linear else NetworkSolver(disguised, public)


def at_one_length(tokens: Tensor) -> Tensor:
    """Tokens scaled to a mean square of 1, as secret networks take them."""
    scaled: Tensor = of_unit_length(tokens) * tokens.shape[-1] ** 0.5
    return scaled


def _grams(tokens: Tensor) -> Tensor:
    unit = of_unit_length(tokens)
    grams: Tensor = unit @ unit.mT
    return grams
