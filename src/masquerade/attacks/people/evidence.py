"""What classes tell of who they are: how they resemble each other, and facts on each alone; no key changes either."""

from typing import Final

import numpy as np
import torch
from scipy.special import ndtri
from scipy.stats import rankdata
from torch import Tensor

from masquerade.attacks.people.filters import Filtered
from masquerade.attacks.people.sides import Side
from masquerade.attacks.people.walk import Floats

_SPLITS: Final = 3
_DIGITS: Final = 9
"""Of values that are ranked: their last bits change with the number of threads."""
_LEAST: Final = 0.05
_MOST: Final = 0.9
"""Range of correlations between the two sides; what two halves of the photos tell of them is uncertain."""
_GUESS: Final = 0.4
"""Correlation where no class has two photos, so that nothing can be halved."""
_RIDGE: Final = 0.05
_VALID: Final = 0.8
"""Of the correlation of a fact that halves of the photos promise: both sides measure it a little differently."""
_FACTS: Final = 4
_TOWARDS: Final = 2
"""Place of the inner product with the mean of all, the only fact that asks where the origin is."""
_ORIGIN: Final = (0.5, 2.0)
"""Range of the ratio of the two sides' means, in units of their scatter, where the origin is taken for the same."""


def resemblances(side: Side) -> Floats:
    """Inner products of the classes' means in each block, ``(blocks, count, count)``."""
    means = side.means()
    grams: Floats = (means @ means.mT).numpy()
    return grams


def standardised(gram: Floats, by_rank: bool) -> Floats:
    """A table of resemblances with mean 0 and variance 1 off its diagonal; normal by rank where wanted."""
    pairs = np.triu_indices(len(gram), 1)
    values: Floats = gram[pairs]
    spread = max(float(values.std()), 1e-300)
    values = normal_by_rank(values) if by_rank else (values - values.mean()) / spread
    table = np.zeros_like(gram)
    table[pairs] = values
    table += table.T
    return table


def normal_by_rank(values: Floats) -> Floats:
    """Quantiles of the normal distribution in the order of the values; equal values have equal ones."""
    scale = max(float(np.abs(values).max(initial=0.0)), 1e-300)
    ranks: Floats = rankdata(np.round(values / scale, _DIGITS))
    quantiles: Floats = ndtri((ranks - 0.5) / len(values))
    return quantiles


def agreement(released: Side, gallery: Side, rng: np.random.Generator) -> float:
    """How the two sides' resemblances of the same people will correlate, from how the halves of each agree."""
    return _reliable([_split(side, rng) for side in (released, gallery)])


def alone(released: Filtered, gallery: Filtered, counts: bool, rng: np.random.Generator) -> Floats:
    """Log likelihood that a label is a person by facts on each class alone, ``(labels, people)``.

    Args:
        released: The released side.
        gallery: The attacker's.
        counts: Whether numbers of photos are among the facts.
        rng: Halves photos.
    """
    sides = (released, gallery)
    facts = [_ranked(invariants(each)) for each in sides]
    if not _same_origin(released.raw, gallery.raw):
        for side in facts:
            side[_TOWARDS] = 0.0
    found = zip(*(_split_facts(each, rng) for each in sides), strict=True)
    rho = _VALID * np.array([_reliable([here, there]) for here, there in found])
    spread: Floats = (_correlations(facts[0]) + _correlations(facts[1])) / 2
    unknown = spread * (1 - np.outer(rho, rho)) + _RIDGE * np.eye(len(spread))
    apart = facts[0][:, :, None] - rho[:, None, None] * facts[1][:, None, :]
    by_facts: Floats = -np.einsum("alp,ab,blp->lp", apart, np.linalg.inv(unknown), apart) / 2
    return by_facts + _by_counts(released.raw, gallery.raw) if counts else by_facts


def invariants(filtered: Filtered) -> Floats:
    """Four facts on each class, ``(4, count)``.

    The squared length of its mean, without what chance adds to it; the scatter within it; the inner product of its
    mean with that of all; and the scatter of all along its mean.
    """
    side, raw = filtered.side, filtered.raw
    means, rows = _flat(side.means()), _flat(side.rows)
    residuals, photos = raw.residuals().square().sum((0, 2)), side.photos
    within = torch.zeros(side.count, dtype=rows.dtype).index_add_(0, side.classes, residuals)
    scatter = within / (photos - 1).clamp_min(1)
    own = side.residuals().square().sum() / max(1, len(side.classes) - side.count)
    lengths = means.square().sum(1)
    centre = _flat(raw.means()).mean(0)
    towards = (means @ centre) / centre.norm().clamp_min(1e-12)
    along = (rows @ means.T).square().mean(0) / lengths.clamp_min(1e-12)
    return torch.stack([lengths - own / photos, scatter, towards, along]).numpy()


def _same_origin(released: Side, gallery: Side) -> bool:
    """Whether nothing was taken off before the key, or added after it."""
    shares = []
    for side in (released, gallery):
        means = _flat(side.means())
        centre = means.mean(0)
        spread = (means - centre).square().sum(1).mean().clamp_min(1e-300)
        shares.append(float(centre.square().sum() / spread))
    return _ORIGIN[0] <= shares[0] / max(shares[1], 1e-300) <= _ORIGIN[1]


def _by_counts(released: Side, gallery: Side) -> Floats:
    """Both numbers of photos are taken for draws at one rate, a person's own."""
    here, there = released.photos.numpy(), gallery.photos.numpy()
    if np.ptp(here) == 0 or np.ptp(there) == 0:
        return np.zeros((len(here), len(there)))
    shares = [np.log(counts) - np.log(counts).mean() for counts in (here, there)]
    variance = 1 / here[:, None] + 1 / there[None, :]
    likelihood: Floats = -((shares[0][:, None] - shares[1][None, :]) ** 2) / (2 * variance)
    return likelihood


def _ranked(facts: Floats) -> Floats:
    return np.stack([normal_by_rank(each) for each in facts])


def _flat(rows: Tensor) -> Tensor:
    """Vectors of all blocks end to end, ``(n, blocks * d)``."""
    return rows.permute(1, 0, 2).flatten(1)


def _summed(side: Side) -> Floats:
    gram = resemblances(side).sum(0)
    pairs: Floats = gram[np.triu_indices(len(gram), 1)]
    return pairs


def _split(side: Side, rng: np.random.Generator) -> list[float]:
    found = []
    for _ in range(_SPLITS):
        halves = _halves(side, rng)
        if halves is not None:
            found.append(_correlation(*(_summed(half) for half in halves)))
    return found


def _split_facts(filtered: Filtered, rng: np.random.Generator) -> list[list[float]]:
    """Of each fact, its correlations in halves of the photos."""
    found: list[list[float]] = [[] for _ in range(_FACTS)]
    for _ in range(_SPLITS):
        chosen = _half(filtered.side, rng)
        if chosen is None:
            continue
        halves = [
            _ranked(invariants(Filtered(_taken(filtered.side, rows), _taken(filtered.raw, rows))))
            for rows in (chosen, ~chosen)
        ]
        for fact in range(_FACTS):
            found[fact].append(_correlation(halves[0][fact], halves[1][fact]))
    return found


def _halves(side: Side, rng: np.random.Generator) -> tuple[Side, Side] | None:
    chosen = _half(side, rng)
    return None if chosen is None else (_taken(side, chosen), _taken(side, ~chosen))


def _half(side: Side, rng: np.random.Generator) -> Tensor | None:
    """Every second photo of each class, in a random order; None where a class has one photo alone."""
    if float(side.photos.min()) < 2:
        return None
    order = torch.from_numpy(rng.permutation(len(side.classes)))
    by_class = order[side.classes[order].argsort(stable=True)]
    first = torch.cat([torch.zeros(1, dtype=torch.long), side.photos.long().cumsum(0)[:-1]])
    place = torch.arange(len(by_class)) - first[side.classes[by_class]]
    chosen = torch.zeros(len(by_class), dtype=torch.bool)
    chosen[by_class] = place % 2 == 0
    return chosen


def _taken(side: Side, rows: Tensor) -> Side:
    return Side(side.rows[:, rows], side.classes[rows], side.numbers)


def _correlation(a: Floats, b: Floats) -> float:
    a, b = a - a.mean(), b - b.mean()
    length = float(np.sqrt((a * a).sum() * (b * b).sum()))
    return float((a * b).sum()) / length if length > 0 else 0.0


def _correlations(facts: Floats) -> Floats:
    """Of facts with each other; a fact that is the same for all has none."""
    apart = facts - facts.mean(1, keepdims=True)
    apart = apart / np.maximum(np.linalg.norm(apart, axis=1, keepdims=True), 1e-300)
    table: Floats = apart @ apart.T
    np.fill_diagonal(table, 1.0)
    return table


def _reliable(of_sides: list[list[float]]) -> float:
    """The correlation of two noisy measurements, from those of the halves of each (Spearman and Brown)."""
    shares = [float(np.mean(found)) if found else _GUESS for found in of_sides]
    whole = [max(0.0, 2 * share / (1 + share)) for share in shares]
    return float(np.clip(np.sqrt(whole[0] * whole[1]), _LEAST, _MOST))
